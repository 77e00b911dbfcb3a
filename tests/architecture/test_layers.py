"""Who may import whom: the contracts of pyproject.toml hold, and would notice if they did not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sources import ROOT

PACKAGES = ("domain", "adapters", "scripts")


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """import-linter's verdict about the sources under ``root``."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources somewhere else, to be spoiled."""
    target = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", target)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, target / package, ignore=shutil.ignore_patterns("__pycache__", "*.js*"))
    return target


def test_every_import_contract_holds() -> None:
    """Layers between and inside the packages, purity of the domain, one package for each vendor."""
    verdict = lint(ROOT)
    assert verdict.returncode == 0, verdict.stdout
    assert "0 broken" in verdict.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("domain/money.py", "import adapters.settings", "The domain knows no adapter"),
        ("domain/money.py", "import domain.use_cases.student.enroll", "Inside the domain"),
        ("domain/money.py", "def f() -> None:\n    import uuid as u", "The domain is pure"),
        ("adapters/sqs/event_queue.py", "import adapters.dynamodb.keys", "Inside the adapters"),
        ("adapters/sqs/event_queue.py", "import chalice", "Only the entry adapters know Chalice"),
        ("adapters/http/courses.py", "import stripe", "Each vendor has one package"),
        ("domain/nowhere.py", "", "Inside the domain"),
    ],
)
def test_a_forbidden_import_is_noticed(copy: Path, file: str, line: str, contract: str) -> None:
    """Control: each contract breaks on its own kind of import, also inside a function; a file needs a layer, too."""
    spoiled = copy / file
    before = spoiled.read_text("utf-8") if spoiled.exists() else None
    spoiled.write_text((before or "") + f"\n{line}\n")
    verdict = lint(copy)
    spoiled.write_text(before) if before is not None else spoiled.unlink()
    assert verdict.returncode == 1
    broken = " ".join(verdict.stdout.partition("Broken contracts")[2].split())  # its lines are cut to fit a screen
    assert contract in broken
