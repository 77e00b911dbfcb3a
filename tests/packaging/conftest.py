"""The package, made once for the tests of one worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.package import Package, build_and_package


@pytest.fixture(scope="session")
def another_package(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Package]:
    """Builds and packages once more, somewhere else."""
    return lambda: build_and_package(tmp_path_factory.mktemp("build") / "project")


@pytest.fixture(scope="session")
def package(another_package: Callable[[], Package]) -> Package:
    """The package of the production stage."""
    return another_package()
