"""The pages in WebKitGTK. Without `--webkit=DIR` there is nothing to collect here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stack.fixtures import live, school

__all__ = ["live", "school"]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These tests are for such a browser only."""
    wanted = config.getoption("--webkit") is not None
    return None if wanted or not collection_path.name.startswith("test_") else True


@pytest.fixture(scope="session")
def selenium(request: pytest.FixtureRequest) -> Path:
    """The directory that selenium-webdriver is installed in."""
    return Path(request.config.getoption("--webkit"))
