"""The functions that are measured: where their code is, how they are started, and what else of a kind is measured."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from attrs import field, frozen

from scripts.ops.deploy.build import ROOT, assemble
from tests.support.deployment.package import VARIABLES, build_and_package

HERE = Path(__file__).parent


@frozen
class Function:
    """One function.

    ``task`` is its code as Lambda unpacks it, ``environment`` what it gets besides the usual, ``paths`` the requests
    that it can answer. ``maker`` opens the checkouts for its webhooks where it cannot do so itself.
    """

    name: str
    task: Path
    handler: str = "app.app"
    environment: dict[str, str] = field(factory=dict)
    paths: tuple[str, ...] = ("health", "courses", "free", "paid", "webhook")
    maker: Function | None = None
    runtime: Path | None = None
    is_node: bool = False


def product(directory: Path) -> Path:
    """The product's zip as it is deployed, unpacked. Returns the task directory."""
    package = build_and_package(directory / "project")
    return _unpacked(package.zip, directory / "task")


def product_at(revision: str, directory: Path) -> Path:
    """The same for an earlier commit, built by its own scripts from a checkout of its own."""
    checkout = directory / "checkout"
    subprocess.run(
        ["git", "worktree", "add", "--detach", "--force", checkout, revision], cwd=ROOT, check=True, capture_output=True
    )
    try:
        code = (
            "from pathlib import Path; from tests.support.deployment.package import build_and_package; "
            f"print(build_and_package(Path({str(directory / 'project')!r})).zip)"
        )
        environment = os.environ | {"PYTHONPATH": str(checkout)}
        built = subprocess.run(
            [sys.executable, "-c", code], cwd=checkout, env=environment, check=True, capture_output=True, text=True
        )
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", checkout], cwd=ROOT, check=True, capture_output=True)
    return _unpacked(Path(built.stdout.strip().splitlines()[-1]), directory / "task")


def naive(shipped: Path, directory: Path) -> Path:
    """The product as a plain zip would have it: no bytecode, and everything imported at once."""
    task = directory / "task"
    shutil.copytree(shipped, task, ignore=shutil.ignore_patterns("__pycache__", "bytecode.*.bin"))
    project = assemble(directory / "sources", VARIABLES)
    shutil.copy(project / "app.py", task / "app.py")
    eager = "import boto3, stripe, aws_lambda_powertools.logging, aws_lambda_powertools.metrics, asyncio, ssl\n"
    source = (task / "app.py").read_text("utf-8").replace("import adapters.cold_start ", "# ")
    marker = "from __future__ import annotations\n"
    (task / "app.py").write_text(
        source.replace(
            marker,
            f"{marker}\n{eager}boto3.client('dynamodb'); boto3.client('sqs'); boto3.client('secretsmanager')\n",
            1,
        )
    )
    return task


def copied(name: str, directory: Path, *, with_chalice: bool = False) -> Path:
    """One of the small functions that are kept here, compiled as the product is."""
    task = directory / "task"
    shutil.copytree(HERE / "functions_kept" / name, task)
    if with_chalice:
        import chalice

        (task / "chalice").mkdir()
        for file in ("app.py", "__init__.py"):
            shutil.copy(Path(chalice.__file__).with_name(file), task / "chalice" / file)
    compile_all(task)
    return task


def compile_all(task: Path) -> None:
    """Bytecode for every module, used without a look at the source."""
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(task)]
    subprocess.run(command, check=True)


def _unpacked(archive: Path, target: Path) -> Path:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(target)
    return target


def node_peer(directory: Path) -> Path:
    """The Node peer, bundled. Raises CalledProcessError where npm cannot get its packages."""
    sources = directory / "sources"
    shutil.copytree(HERE / "peers" / "node", sources, ignore=shutil.ignore_patterns("node_modules", "dist"))
    for command in (["npm", "ci", "--no-audit", "--no-fund", "--silent"], ["npm", "run", "--silent", "build"]):
        subprocess.run(command, cwd=sources, check=True, capture_output=True)
    return sources / "dist"


def python_peer(directory: Path) -> Path:
    """The Python peers with their packages, compiled. Raises CalledProcessError where pip cannot get those."""
    task = directory / "task"
    shutil.copytree(HERE / "peers" / "python", task)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*command, "--target", str(task), "-r", str(task / "requirements.txt")], check=True)
    compile_all(task)
    return task


def floor(shipped: Path, directory: Path) -> Path:
    """The bare function, with the product's client of AWS."""
    task = copied("floor", directory)
    (task / "adapters").mkdir()
    for name in ("__init__.py", "connections.py", "deadline.py"):
        shutil.copy(shipped / "adapters" / name, task / "adapters" / name)
    shutil.copytree(
        shipped / "adapters" / "aws", task / "adapters" / "aws", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("attr", "attrs"):
        shutil.copytree(shipped / name, task / name, ignore=shutil.ignore_patterns("__pycache__"))
    compile_all(task)
    return task
