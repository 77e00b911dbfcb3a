"""The ground that the workers are killed on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.kills.killable_school import Ground
from tests.support.kills.killable_school import ground as start


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Emulators and the parent of all workers. Nothing of one scene is left for the next."""
    with start() as running:
        yield running
