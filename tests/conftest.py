"""Settings for every test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.xdist_scheduling import ByFile

# A busy machine makes slow examples; how long one takes is no law of the school's. CI's examples are always the same: a
# new one that fails is a finding to mend, and no verdict about the change at hand.
settings.register_profile(
    "school",
    deadline=None,
    print_blob=True,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("school")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where AWS's and Stripe's own stand-ins listen. Only what is meant for them runs over them, and nothing else."""
    parser.addoption("--dynamodb-local", metavar="URL", default=None, help="run the storage contracts over this server")
    parser.addoption("--openapi-tools", metavar="DIR", default=None, help="check the OpenAPI document by these tools")
    parser.addoption("--browsers", metavar="DIR", default=None, help="walk through the pages in an installed Firefox")
    parser.addoption("--webkit", metavar="DIR", default=None, help="walk through the pages in an installed WebKit")
    parser.addoption("--stripe-mock", metavar="URL", default=None, help="send the gateway's requests to this server")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile | None:
    """Workers that take a file at a time take some directories whole."""
    from tests.support.xdist_scheduling import ByFile

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this worker: Playwright cannot be started twice in a thread."""
    from tests.support.stack.browser import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def emit(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Put a line of figures among pytest's own; it shows with -s, and where a test fails."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    return reporter.write_line if reporter else lambda _: None
