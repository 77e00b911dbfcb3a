"""The package, made once for all workers of a test run; a directory's conftest.py takes it in."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import pytest

from tests.support.deployment.package import Package, build_and_package


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Package:
    """The package of the production stage. The first who needs it makes it, the others wait for that."""
    own = tmp_path_factory.getbasetemp()
    shared = (own if worker_id == "master" else own.parent) / "package"
    shared.mkdir(exist_ok=True)
    summary = shared / "package.json"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed
        if not summary.exists():
            made = build_and_package(shared / "project")
            summary.write_text(json.dumps({"output": made.output, "left_behind": sorted(map(str, made.left_behind))}))
    facts = json.loads(summary.read_text())
    return Package(shared / "project", facts["output"], {Path(path) for path in facts["left_behind"]})
