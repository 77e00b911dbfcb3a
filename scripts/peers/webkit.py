"""An installed WebKitGTK, driven over WebDriver: the engine of Safari, as near as Debian has it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from scripts.peers.errors import PeerMissing
from scripts.peers.npm_packages import npm_package
from scripts.peers.serving import serving

_BROWSERS = ("webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0")
_HOW = "on Debian: apt-get install webkit2gtk-driver xvfb."
_SCREEN = "1280x1000x24"


@frozen
class WebKit:
    """The programs that a walk needs."""

    driver: str
    browser: str
    screen: str


def webkit() -> WebKit:
    """The system's WebDriver for WebKitGTK, its small browser, and a screen that nobody sees.

    Raises:
        PeerMissing: one of them is not there.
    """
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    libraries = (folder for folder in Path("/usr").glob("lib*/*/") if folder.is_dir())
    found = (folder / name / "MiniBrowser" for folder in libraries for name in _BROWSERS)
    browser = next((path for path in found if path.exists()), None)
    if driver is None or screen is None or browser is None:
        raise PeerMissing(f"there is no WebKit with its WebDriver and no Xvfb on this machine; {_HOW}")
    return WebKit(driver, str(browser), screen)


@contextmanager
def screen(programs: WebKit) -> Iterator[str]:
    """The display of a screen that nobody sees, such as ":99", until the end of the block.

    Raises:
        PeerMissing: it did not come up.
    """
    command = [programs.screen, "-displayfd", "1", "-nolisten", "tcp", "-screen", "0", _SCREEN]
    with serving(command, r"^(\d+)$") as address:
        yield f":{address.rpartition(':')[2]}"


@contextmanager
def installed() -> Iterator[str]:
    """The directory that selenium-webdriver is installed in.

    Raises:
        PeerMissing: no WebKit, no npm, or npm could not fetch it.
    """
    webkit()
    yield str(npm_package("webkit_npm", "webkit"))
