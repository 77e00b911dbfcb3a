"""Firefox and WebKit, as installed on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.peers.browsers import firefox as firefox_program
from scripts.peers.webkit import screen
from scripts.peers.webkit import webkit as webkit_programs
from scripts.stack.ports import Ports
from tests.browsers.remote import Remote, running


@contextmanager
def firefox(packages: Path, directory: Path) -> Iterator[Remote]:
    """Without a screen; driven by puppeteer-core, which is installed in ``packages``."""
    with running("firefox", packages, directory, {"program": firefox_program()}) as remote:
        yield remote


@contextmanager
def webkit(packages: Path, directory: Path) -> Iterator[Remote]:
    """On a screen that nobody sees; driven by selenium-webdriver, which is installed in ``packages``."""
    programs = webkit_programs()
    given = {"program": programs.browser, "service": programs.driver, "port": Ports.free().web}
    with screen(programs) as display, running("webkit", packages, directory, given, display) as remote:
        yield remote
