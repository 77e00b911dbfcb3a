"""`python -m scripts.peers NAME`: run the tests that are meant for another program, such as stripe-mock or webkit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from scripts.peers import browsers, dynamodb_local, openapi_tools, stripe_mock, webkit
from scripts.peers.errors import PeerMissing

UNAVAILABLE = os.EX_TEMPFAIL
_TEST_TIMEOUT = 3_600  # seconds; for what hangs, not for what is slow

_PEERS: Mapping[str, tuple[Callable[[], AbstractContextManager[str]], str]] = {
    "dynamodb-local": (dynamodb_local.running, "tests/contracts"),
    "stripe-mock": (stripe_mock.running, "tests/stripe_mock"),
    "openapi-tools": (openapi_tools.installed, "tests/openapi_tools"),
    "browsers": (browsers.installed, "tests/browsers"),
    "webkit": (webkit.installed, "tests/browsers"),
}


def main(name: str, arguments: list[str]) -> int:
    """Run the tests; returns their exit status, or EX_TEMPFAIL (75) if the program is unavailable."""
    running, tests = _PEERS[name]
    try:
        with running() as url:
            command = [sys.executable, "-m", "pytest", tests, f"--{name}={url}", *arguments]
            return subprocess.run(command, check=False, timeout=_TEST_TIMEOUT).returncode
    except PeerMissing as missing:
        print(f"Not run over {name}: {missing}", file=sys.stderr)
        return UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
