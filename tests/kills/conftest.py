"""The ground that the workers are killed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.scene import Ground
from tests.support.scene import ground as start


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Emulators and the parent of all workers. Nothing of one scene is left for the next."""
    with start() as running:
        yield running


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Put a line of figures among pytest's own, where it shows any."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    return reporter.write_line if reporter else lambda _: None
