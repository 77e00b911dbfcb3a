"""Finds a Chromium for the browser tests; `python -m scripts.stack.browser` also tries to install one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The headless shell first: a page in it costs less than half of what it costs in a browser that also draws its window.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_INSTALL_TIMEOUT = 600.0  # seconds
_ADVICE = """No Chromium was found, and none could be installed. Each of these provides one:
  apt-get install chromium-headless-shell     (Debian; as root; where there is none: chromium)
  .venv/bin/playwright install --with-deps chromium
  CHROMIUM=/path/to/chrome make test          (an installed one)"""


class BrowserMissing(Exception):
    """There is no Chromium on this machine; the message says how to install one."""


def find() -> str:
    """The path of a Chromium: $CHROMIUM, then the system's, then Playwright's own.

    Raises BrowserMissing if there is none, or if $CHROMIUM is not a program.
    """
    if named := os.environ.get("CHROMIUM"):
        if not shutil.which(named):
            raise BrowserMissing(f"CHROMIUM={named} is not a program.")
        return named
    found = next(filter(None, map(shutil.which, _NAMES)), None) or _playwright_chromium()
    if not found:
        raise BrowserMissing(_ADVICE)
    return found


def find_or_install() -> str:
    """As ``find``; if there is none, installs one with apt (as root, where there is apt), then with Playwright."""
    for install in (None, _apt, _playwright_install):
        if install:
            install()
        try:
            return find()
        except BrowserMissing:
            if "CHROMIUM" in os.environ:
                raise
    raise BrowserMissing(_ADVICE)


def _playwright_chromium() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _apt() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _try("apt-get", "update", "-qq")
        _try("apt-get", "install", "-y", "-qq", "chromium-headless-shell")
        if not shutil.which(_NAMES[0]):
            _try("apt-get", "install", "-y", "-qq", "chromium")


def _playwright_install() -> None:
    _try(sys.executable, "-m", "playwright", "install", "chromium")


def _try(*command: str) -> None:
    print("No browser yet; trying:", *command, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False, timeout=_INSTALL_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"That did not work: {type(error).__name__}", flush=True)


def main() -> int:
    """Find or install a browser. Returns the exit status: 1 if there is none."""
    try:
        find_or_install()
    except BrowserMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
