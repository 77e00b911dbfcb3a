"""The stage dev, deployed once for the files of this directory.

They continue from one another in the order of their names, and each can be run alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.deployment.deployment import Deployment, a_deployment
from tests.support.deployment.package_fixtures import package

__all__ = ["deployed", "package"]


@pytest.fixture(scope="package")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The running deployment."""
    with a_deployment(tmp_path_factory.mktemp("deployment")) as deployment:
        yield deployment
