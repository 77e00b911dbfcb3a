"""Stripe's stripe-mock, a Go program that checks requests against Stripe's description of its API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.peers.fetching import fetch, require
from scripts.peers.serving import serving

VERSION = "v0.203.0"
_KEPT = Path(__file__).parents[2] / ".local" / "stripe-mock" / VERSION


@contextmanager
def running() -> Iterator[str]:
    """Its address, until the end of the block.

    Raises:
        PeerMissing: no Go, or Go got nothing.
    """
    program = _KEPT / "stripe-mock"
    if not program.exists():
        require("go")
        fetch("stripe-mock", ["go", "install", f"github.com/stripe/stripe-mock@{VERSION}"], {"GOBIN": str(_KEPT)})
    # Unless told otherwise it also listens for HTTPS, on every interface.
    command = [str(program), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0"]
    with serving(command, r"HTTP at address: 127\.0\.0\.1:(\d+)") as url:
        yield url
