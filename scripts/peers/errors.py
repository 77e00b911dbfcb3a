"""The error of a program that cannot be installed or started."""

from __future__ import annotations


class PeerMissing(Exception):
    """The program is not available on this machine; the message says what is missing."""
