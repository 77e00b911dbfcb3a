"""The document by tools of the npm registry. Without them (`--openapi-tools=DIR`) there is nothing to collect here."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These tests are for those tools only."""
    wanted = config.getoption("--openapi-tools") is not None
    return None if wanted or not collection_path.name.startswith("test_") else True


@pytest.fixture(scope="session")
def tools(request: pytest.FixtureRequest) -> Path:
    """The directory that they are installed in."""
    return Path(request.config.getoption("--openapi-tools"))
