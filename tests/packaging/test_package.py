"""What is deployed: everything the functions need, nothing else."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from adapters.cold_start import NAME, KeptBytecode
from scripts.ops.deploy.build import LEFT_OUT, NOT_SHIPPED, assemble
from scripts.stack.app_loader import ROOT
from tests.support.deployment.imports import reached_from
from tests.support.deployment.package import VARIABLES, Package, chalice_environment
from tests.support.http.openapi import document

pytestmark = pytest.mark.packaging

HANDLERS = {"app.app", "app.settle_queued_event", "app.reconcile", "app.catch_up", "app.recount"}
MOST_BYTES = 50 * 1024 * 1024  # of a zip that is uploaded directly
UNCHECKED_HASH = 1
STARTED = """
import json, sys
sys.path.insert(0, sys.argv[1])
compiled = []
def heard(event, given):
    if event == "compile":
        compiled.append(given[1].decode() if isinstance(given[1], bytes) else str(given[1]))
sys.addaudithook(heard)
import adapters.cold_start, domain.use_cases.student.enroll, adapters.http.request_parsing, stripe
loaders = {
    name: type(module.__spec__.loader).__name__
    for name, module in sys.modules.items()
    if str(getattr(module, "__file__", None)).startswith(sys.argv[1])
}
print(json.dumps([compiled, loaders]))
"""


def names(package: Package) -> list[str]:
    """The files in the zip."""
    with zipfile.ZipFile(package.zip) as packed:
        return packed.namelist()


# -- what is in it ----------------------------------------------------------------------------------------------------


def test_the_zip_holds_our_code_and_what_it_needs(package: Package) -> None:
    """Every module of domain and adapters, the OpenAPI document, each pinned package, and Chalice's runtime."""
    found = set(names(package))
    ours = {str(path.relative_to(ROOT)) for name in ("domain", "adapters") for path in (ROOT / name).rglob("*.py")}
    ours = {name for name in ours if not name.startswith("adapters/memory/")}
    assert ours | {"app.py", "chalice/app.py", "adapters/http/openapi.json"} <= found
    assert {"attr/__init__.py", "cattrs/__init__.py", "punq/__init__.py", "stripe/__init__.py"} <= found
    assert "aws_lambda_powertools/__init__.py" in found
    assert not {name.partition("/")[0] for name in found} & {name.replace("-", "_") for name in NOT_SHIPPED}


def test_the_zip_holds_no_test_only_adapters(package: Package) -> None:
    """The in-memory adapters, which tests alone use, are in no function."""
    assert (ROOT / "adapters" / "memory" / "store.py").exists()
    assert not [name for name in names(package) if name.startswith("adapters/memory")]


def test_the_zip_holds_nothing_else(package: Package) -> None:
    """No tests, scripts, pages, sources of secrets, type stubs, or traces of the machine that built it."""
    tops = {name.split("/")[0] for name in names(package)}
    assert not tops & {"tests", "scripts", "frontend", "docs", "vendor", ".chalice", "boto3", "botocore", "moto"}
    assert not [name for name in names(package) if name.endswith((".pyi", "RECORD", "direct_url.json", ".env"))]
    assert package.zip.stat().st_size < MOST_BYTES
    with zipfile.ZipFile(package.zip) as packed:
        compiled = [packed.read(name) for name in packed.namelist() if name.startswith(("adapters/", "domain/"))]
    assert not [content for content in compiled if str(ROOT).encode() in content]


def test_nothing_that_runs_imports_what_is_left_out(package: Package) -> None:
    """Every import is followed, from our modules through the packages, also those within functions."""
    with zipfile.ZipFile(package.zip) as packed:
        sources = {name: packed.read(name).decode() for name in packed.namelist() if name.endswith(".py")}
    assert not [name for name in sources if name.startswith(tuple(f"{folder}/" for folder in LEFT_OUT))]
    # Stripe's SDK finds its own modules by a table, at run time: any of them may be the first.
    starts = ("app.py", "adapters/", "domain/", "stripe/", "cryptography/")
    reached = reached_from([name for name in sources if name.startswith(starts)], sources)

    left_out = {folder.replace("/", ".") for folder in LEFT_OUT}
    assert "aws_lambda_powertools.metrics" in reached
    assert not {name for name in reached for folder in left_out if f"{name}.".startswith(f"{folder}.")}


def test_an_import_of_what_is_left_out_would_be_noticed() -> None:
    """Control: at whatever distance, but for imports that type checkers alone make."""
    sources = {
        "app.py": "def run():\n    from stripe import one\n",
        "stripe/__init__.py": "if TYPE_CHECKING:\n    import cffi\n",
        "stripe/one.py": "from . import params\n",
    }
    reached = reached_from(["app.py"], sources)
    assert "stripe.params" in reached
    assert "cffi" not in reached


def test_every_module_is_compiled_for_good(package: Package, tmp_path: Path) -> None:
    """Each source has its bytecode, which is used without a look at the source: /var/task cannot be written to."""
    with zipfile.ZipFile(package.zip) as packed:
        found = packed.namelist()
        sources = {name for name in found if name.endswith(".py")}
        compiled = {name: packed.read(name)[4:8] for name in found if name.endswith(".pyc")}
        kept = KeptBytecode(packed.extract(f"adapters/{NAME}", tmp_path), "/var/task")
    first = {name.replace("/__pycache__/", "/").removeprefix("__pycache__/") for name in compiled}
    beside = {name.partition(".cpython-")[0] + ".py" for name in first}
    assert beside == {"app.py", "adapters/__init__.py", "adapters/cold_start.py"}
    assert {struct.unpack("<L", flags)[0] for flags in compiled.values()} == {UNCHECKED_HASH}
    modules = {name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name in sources - beside}
    assert not [name for name in modules if kept.find_spec(name) is None]


def test_a_start_looks_for_no_module_of_ours_and_compiles_no_method(package: Package, tmp_path: Path) -> None:
    """Python reports what it compiles."""
    with zipfile.ZipFile(package.zip) as packed:
        packed.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-S", "-c", STARTED, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )
    compiled, loaders = json.loads(done.stdout)
    assert not [name for name in compiled if "<attrs generated" in name]
    assert loaders.keys() >= {"domain.payments.session", "attr._make", "cattrs.converters", "stripe"}
    assert {name for name, loader in loaders.items() if loader != "KeptBytecode"} == {"adapters", "adapters.cold_start"}


def test_the_same_sources_give_the_same_bytecode(package: Package, tmp_path: Path) -> None:
    """Whoever builds a release again gets the zip that is deployed."""
    project = assemble(tmp_path / "again", VARIABLES)
    with zipfile.ZipFile(package.zip) as packed:
        assert (project / "vendor" / "adapters" / NAME).read_bytes() == packed.read(f"adapters/{NAME}")


def test_packaging_leaves_the_repository_clean(package: Package) -> None:
    """Nothing is written beside the sources, and Chalice had nothing to complain about."""
    assert package.left_behind == set()
    assert "Could not install" not in package.output


# -- how it is deployed -----------------------------------------------------------------------------------------------


def test_every_handler_is_a_function_with_a_role_and_limits_of_its_own(package: Package) -> None:
    """Handlers by the names of app.py; the API ends within the gateway's timeout, the worker within its messages'."""
    functions = package.functions
    assert functions.keys() == HANDLERS
    assert len({json.dumps(function["Role"]) for function in functions.values()}) == len(HANDLERS)
    assert {handler: function["Timeout"] for handler, function in functions.items()} == {
        "app.app": 29,
        "app.settle_queued_event": 30,
        "app.reconcile": 240,
        "app.catch_up": 900,
        "app.recount": 240,
    }
    assert {function["MemorySize"] for function in functions.values()} == {512}
    assert {function["Tracing"] for function in functions.values()} == {"Active"}


def test_the_worker_takes_one_message_at_a_time_and_never_more_than_it_may(package: Package) -> None:
    """A batch of one has no partial failures; more pollers than the reserved concurrency would waste receives."""
    worker = package.functions["app.settle_queued_event"]
    [source] = [event["Properties"] for event in worker["Events"].values()]
    assert source["BatchSize"] == 1
    assert source["ScalingConfig"]["MaximumConcurrency"] <= worker["ReservedConcurrentExecutions"]


def test_functions_know_their_stage(package: Package) -> None:
    """Every variable that the settings require is in the environment of each function."""
    for function in package.functions.values():
        variables = function["Environment"]["Variables"]
        assert variables["STAGE"] == "prod"
        assert variables["TABLE_NAME"] == "learnermax-education-prod"
        assert variables["QUEUE_NAME"] == "learnermax-payment-events-prod"
        assert {"WEB_ORIGIN", "USER_POOL_ARN", "USER_POOL_CLIENT_ID", "APP_VERSION", "APP_COMMIT"} <= variables.keys()


def test_the_gateway_is_regional_and_asks_for_a_token_where_the_contract_does(package: Package) -> None:
    """The template that AWS gets has security exactly where the OpenAPI document has it."""
    api = package.resources["RestAPI"]["Properties"]
    assert api["EndpointConfiguration"] == "REGIONAL"
    deployed = {
        (method, path): bool(operation.get("security"))
        for path, item in api["DefinitionBody"]["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "patch", "put", "delete")
    }
    described = {
        (method, path): bool(operation["security"])
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }
    assert deployed == described


def test_the_template_of_the_package_passes_cfn_lint(package: Package) -> None:
    """Who wants to leave Chalice's own deployer can hand this template to CloudFormation."""
    linter = Path(sys.executable).with_name("cfn-lint")
    lint = subprocess.run(
        [linter, package.project / "out" / "sam.json"], capture_output=True, text=True, check=False, timeout=300
    )
    assert (lint.returncode, lint.stdout) == (0, "")


def test_settings_of_the_shell_do_not_reach_the_build() -> None:
    """Of the shell's variables only those pass that find programs; the stage's own settings are the package's."""
    shell = {
        "PATH": "/bin",
        "STRIPE_API_BASE": "http://127.0.0.1:1",
        "AWS_PROFILE": "prod",
        "WEB_ORIGIN": "https://x.y",
    }
    environment = chalice_environment(shell)
    assert environment["PATH"] == "/bin"
    assert {"STRIPE_API_BASE", "AWS_PROFILE"}.isdisjoint(environment)
    assert VARIABLES.items() <= environment.items()
