"""What may be lacking."""

from __future__ import annotations


class PeerMissing(Exception):
    """The program cannot be had on this machine; the message says what is lacking."""
