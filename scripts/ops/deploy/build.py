"""Assemble build/: a Chalice project, ready for `chalice --project-dir build deploy`.

It contains files in place of the repository's symlinks, the pinned packages copied from the virtualenv, and all modules
compiled: /var/task is read-only, so a zip of sources alone would be compiled again at every cold start. The bytecode is
in one file, which adapters/cold_start.py reads. The build is reproducible: the same sources give the same zip.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import click

from scripts.ops.deploy.bytecode import keep_bytecode
from scripts.ops.deploy.policies import render_policies
from scripts.ops.errors import OpsError

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("domain", "adapters")
TEST_ONLY = ("adapters/memory",)
"""Our packages that only tests use: they are not shipped."""
TASK = "/var/task"
DEPLOYED_WITH = ("WEB_ORIGIN", "USER_POOL_ARN", "USER_POOL_CLIENT_ID")
"""Environment variables of the functions that differ by AWS account, and so are not in the committed configuration."""

NOT_SHIPPED = frozenset({"certifi", "charset-normalizer", "idna", "pycparser", "requests", "urllib3"})
"""What the Stripe SDK depends on for an HTTP client that we replace: importing it costs more than the SDK itself; and
what cffi needs where C is compiled."""

_UTILITIES = (
    "auth_alpha", "batch", "circuit_breaker", "data_masking", "feature_flags", "idempotency", "kafka", "metadata",
    "parameters", "parser", "streaming", "typing", "validation",
)  # fmt: skip
LEFT_OUT = (
    "stripe/params",  # the types of parameters, for type checkers alone
    "cffi",  # cryptography loads its compiled part, _cffi_backend, and nothing else of it
    *(f"aws_lambda_powertools/utilities/{name}" for name in _UTILITIES),
)
"""Folders of the pinned packages that nothing in a function imports; a test follows every import."""

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
_COMPILED_ONLY = ("app.py", "chalice/app.py", "chalice/__init__.py")
"""Chalice adds these sources itself; only their bytecode is added here."""


def assemble(target: Path, variables: Mapping[str, str]) -> Path:
    """Assemble the project at ``target`` from scratch; returns ``target``.

    ``variables`` are added to the environment of the functions of every stage.

    Raises:
        OpsError: a pinned package is not installed, or this machine's platform is not Lambda's.
    """
    _require_lambda_platform()
    shutil.rmtree(target, ignore_errors=True)
    vendor = target / "vendor"
    vendor.mkdir(parents=True)
    _copy(ROOT / "app.py", target / "app.py")
    (target / "requirements.txt").write_text("")  # everything is in vendor/: Chalice runs no pip
    for package in PACKAGES:
        shutil.copytree(ROOT / package, vendor / package, ignore=_IGNORED, copy_function=_copy)
    for package in TEST_ONLY:
        shutil.rmtree(vendor / package)
    for pinned in _pinned(ROOT / "requirements.txt"):
        if pinned.name not in NOT_SHIPPED:
            _copy_distribution(pinned, vendor)
    _compile(vendor)
    _configure(target / ".chalice", variables)
    return target


def _require_lambda_platform() -> None:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise OpsError("Some packages have compiled parts: build on Linux on x86-64, Lambda's platform.")


def _pinned(requirements: Path) -> Iterable[Distribution]:
    for name, version in _PIN.findall(requirements.read_text("utf-8")):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise OpsError(f"{name} is not installed; run make setup.") from None
        if found.version != version:
            raise OpsError(f"{name} is installed as {found.version} and pinned as {version}; run make setup.")
        yield found


def _copy_distribution(found: Distribution, vendor: Path) -> None:
    for file in sorted(found.files or ()):
        if _is_shipped(file.parts):
            _copy(Path(str(found.locate_file(file))), vendor / file)


def _is_shipped(parts: tuple[str, ...]) -> bool:
    """Code, data, and of the package's metadata its name and licences; nothing specific to this machine."""
    if ".." in parts or "__pycache__" in parts or parts[-1].endswith((".pyc", ".pyi", ".js", ".css")):
        return False
    if "/".join(parts).startswith(tuple(f"{folder}/" for folder in LEFT_OUT)):
        return False
    return not parts[0].endswith(".dist-info") or parts[1] in ("METADATA", "licenses")


def _copy(source: Path | str, target: Path | str) -> None:
    """Copy the content with a fixed mode: modes are part of the zip."""
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    Path(target).chmod(0o644)


def _compile(vendor: Path) -> None:
    import chalice

    _copy(ROOT / "app.py", vendor / "app.py")
    for name in ("app.py", "__init__.py"):
        _copy(Path(chalice.__file__).with_name(name), vendor / "chalice" / name)
    # In a process with a fixed hash seed: compiled code depends on interned strings and their order.
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run(
        [*command, "-s", str(vendor), "-p", TASK, str(vendor)], check=True, env=os.environ | {"PYTHONHASHSEED": "0"}
    )
    keep_bytecode(vendor, PACKAGES)
    for name in _COMPILED_ONLY:
        (vendor / name).unlink()


def _configure(target: Path, variables: Mapping[str, str]) -> None:
    source = ROOT / ".chalice"
    target.mkdir()
    config = json.loads((source / "config.json").read_text("utf-8"))
    config["environment_variables"] |= release() | dict(variables)
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    render_policies(source, target, config)
    (source / "deployed").mkdir(exist_ok=True)
    (target / "deployed").symlink_to(source / "deployed")


def release() -> dict[str, str]:
    """The variables that name what is deployed: the version in pyproject.toml, the commit (``-dirty`` with changes)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude", "*"]
    found = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("git") else None
    commit = found.stdout.strip() if found else ""
    return {"APP_VERSION": project["version"], "APP_COMMIT": commit or "unknown"}


@click.command()
@click.option(
    "--target",
    type=click.Path(path_type=Path),
    default=ROOT / "build",
    help="The directory to assemble; it is emptied first.",
)
def build(target: Path) -> None:
    """Assemble the project that is deployed. Takes WEB_ORIGIN, USER_POOL_ARN and USER_POOL_CLIENT_ID from the shell."""
    given = {name: os.environ[name] for name in DEPLOYED_WITH if os.environ.get(name)}
    missing = [name for name in DEPLOYED_WITH if name not in given]
    if missing:
        raise OpsError(f"Missing in the environment: {', '.join(missing)}.")
    click.echo(assemble(target.resolve(), given))


if __name__ == "__main__":
    build(prog_name="python -m scripts.ops.deploy.build")
