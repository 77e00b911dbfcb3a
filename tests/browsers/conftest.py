"""The pages in Firefox or WebKit. Without `--browsers=DIR` or `--webkit=DIR` there is nothing to collect here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack
from tests.browsers.programs import firefox, webkit
from tests.browsers.remote import Remote
from tests.browsers.visitor import Visitor
from tests.support.sources import ROOT
from tests.support.stack.fixtures import running, school
from tests.support.stack.running_stack import LiveSchool

__all__ = ["school"]

_COMPLAINTS = Path(__file__).with_name("driving") / "complaints.js"
_WIDE = 1200  # pixels


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These tests are for such a browser only."""
    wanted = config.getoption("--browsers") or config.getoption("--webkit")
    return None if wanted or not collection_path.name.startswith("test_") else True


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSchool]:
    """One running stack, whose pages keep what they complain of."""
    pages = shutil.copytree(ROOT / "frontend", tmp_path_factory.mktemp("web") / "frontend")
    first = pages / "js" / "early.js"
    first.write_text(_COMPLAINTS.read_text("utf-8") + first.read_text("utf-8"), "utf-8")
    with running(LocalStack(ports=Ports.free(), pages=pages)) as found:
        yield found


@pytest.fixture(scope="package")
def remote(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """The browser that is asked for."""
    directory = tmp_path_factory.mktemp("browser") / "driving"
    started, packages = (firefox, "--browsers") if request.config.getoption("--browsers") else (webkit, "--webkit")
    with started(Path(request.config.getoption(packages)), directory) as found:
        yield found


@pytest.fixture
def width() -> int:
    """How wide the window is, where a test does not say."""
    return _WIDE


@pytest.fixture
def visitor(request: pytest.FixtureRequest, school: LiveSchool, remote: Remote, width: int) -> Iterator[Visitor]:
    """Somebody new in the browser; the pages must not have had a problem when they leave."""
    got, agent = remote.do("fresh", width)
    assert got == width
    assert ("Firefox/" in agent) is bool(request.config.getoption("--browsers")), agent
    someone = Visitor(remote, school.stack.web_url)
    yield someone
    assert someone.problems() == []
