"""An installed Firefox, driven by puppeteer-core over WebDriver BiDi: the browser as people have it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.peers.errors import PeerMissing
from scripts.peers.npm_packages import npm_package

_NAMES = ("firefox", "firefox-esr")


def firefox() -> str:
    """The path of a Firefox: $FIREFOX, else the system's.

    Raises:
        PeerMissing: there is none.
    """
    named = os.environ.get("FIREFOX")
    found = next(filter(None, map(shutil.which, [named] if named else _NAMES)), None)
    if found is None:
        raise PeerMissing("there is no Firefox on this machine; on Debian: apt-get install firefox-esr.")
    return found


@contextmanager
def installed() -> Iterator[str]:
    """The directory that puppeteer-core is installed in.

    Raises:
        PeerMissing: no Firefox, no npm, or npm could not fetch it.
    """
    firefox()
    yield str(npm_package("browsers_npm", "browsers"))
