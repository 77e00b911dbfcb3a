"""One-time codes by RFC 6238, as authenticator apps show them: six digits, a new code every thirty seconds, SHA-1."""

from __future__ import annotations

import base64
import hashlib
import hmac

STEP = 30
"""Seconds that a code is shown."""

_DIGITS = 6


def step_at(moment: float) -> int:
    """The number of the step that a moment, in seconds since 1970, lies in."""
    return int(moment // STEP)


def code_of(secret: str, step: int) -> str:
    """The code of a secret in base32 (padding may be left out) at a step.

    Raises:
        binascii.Error: the secret is not base32.
    """
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"
