"""`python -m scripts.peers dynamodb-local|stripe-mock|openapi-tools`: the tests meant for that program, over it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from scripts.peers import dynamodb_local, openapi_tools, stripe_mock
from scripts.peers.errors import PeerMissing

CANNOT = os.EX_TEMPFAIL
_TESTING = 300  # seconds

_PEERS: Mapping[str, tuple[Callable[[], AbstractContextManager[str]], str]] = {
    "dynamodb-local": (dynamodb_local.running, "tests/contracts"),
    "stripe-mock": (stripe_mock.running, "tests/stripe_mock"),
    "openapi-tools": (openapi_tools.installed, "tests/openapi_tools"),
}


def main(name: str, arguments: list[str]) -> int:
    """The tests' exit status; EX_TEMPFAIL (75) where the program cannot be had, with a line that says why."""
    running, tests = _PEERS[name]
    try:
        with running() as place:
            command = [sys.executable, "-m", "pytest", tests, f"--{name}={place}", *arguments]
            return subprocess.run(command, check=False, timeout=_TESTING).returncode
    except PeerMissing as missing:
        print(f"Not run over {name}: {missing}", file=sys.stderr)
        return CANNOT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
