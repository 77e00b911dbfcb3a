"""The testbed that the workers are killed on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.kills.kill_testbed import KillTestbed
from tests.support.kills.kill_testbed import testbed as start


@pytest.fixture(scope="module")
def testbed() -> Iterator[KillTestbed]:
    """Emulators and the parent of all workers. Nothing of one scenario is left for the next."""
    with start() as running:
        yield running
