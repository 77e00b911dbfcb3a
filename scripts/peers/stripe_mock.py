"""Stripe's stripe-mock, a Go program that checks requests against Stripe's description of its API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.peers.fetching import fetch, require
from scripts.peers.serving import serving

VERSION = "v0.203.0"
_INSTALLED = Path(__file__).parents[2] / ".local" / "stripe-mock" / VERSION


@contextmanager
def running() -> Iterator[str]:
    """Run the server during the block; yields its URL.

    Raises:
        PeerMissing: there is no Go, or the download failed.
    """
    program = _INSTALLED / "stripe-mock"
    if not program.exists():
        require("go")
        fetch("stripe-mock", ["go", "install", f"github.com/stripe/stripe-mock@{VERSION}"], {"GOBIN": str(_INSTALLED)})
    # By default it also listens for HTTPS, on every interface.
    command = [str(program), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0"]
    with serving(command, r"HTTP at address: 127\.0\.0\.1:(\d+)") as url:
        yield url
