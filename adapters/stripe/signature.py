"""Verification of Stripe's webhook signatures with the standard library: the SDK's own would import the whole SDK.

A header reads ``t=<unix seconds>,v1=<hex>[,v1=<hex>...]``; each v1 is the HMAC-SHA256 of ``<t>.<body>`` under one
secret. Stricter than the SDK in three ways: a timestamp is ASCII digits only, one from the future is refused like an
old one, and a signature that is not ASCII is refused instead of raising TypeError. A body need not be UTF-8.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime

from attrs import field, frozen

from domain.errors import InvalidSignature

TOLERANCE = 300
_LONGEST_TOLERANCE = 600
_TIME, _SCHEME = "t", "v1"
_SECONDS = re.compile(r"[0-9]{1,12}")


@frozen
class SignatureHeader:
    """A parsed ``Stripe-Signature`` header: the Unix timestamp of signing, and the v1 signatures."""

    timestamp: int
    signatures: tuple[bytes, ...]

    @classmethod
    def parse(cls, header: str | None) -> SignatureHeader:
        """Parses the header; signatures of schemes other than v1 are ignored.

        Raises:
            InvalidSignature: no header, no readable timestamp, or no v1 signature in ASCII.
        """
        # At most two splits, as in the SDK: what follows a second "=" is ignored.
        items = [part.split("=", 2) for part in (header or "").split(",")]
        if any(item in ([_TIME], [_SCHEME]) for item in items):
            raise InvalidSignature
        times = [item[1] for item in items if item[0] == _TIME]
        signatures = tuple(item[1].encode() for item in items if item[0] == _SCHEME and item[1].isascii())
        if not times or not _SECONDS.fullmatch(times[0]) or not signatures:
            raise InvalidSignature
        return cls(int(times[0]), signatures)


def _tolerance_in_range(_instance: object, _attribute: object, value: int) -> None:
    # In the SDK, zero switches the check of the age off, so that a captured message could be replayed for ever.
    if type(value) is not int or not 1 <= value <= _LONGEST_TOLERANCE:
        raise ValueError("The tolerance of webhook signatures is 1 to 600 seconds.")


@frozen
class SignatureVerifier:
    """Verifies that Stripe signed a message, at most ``tolerance`` seconds before or after our clock's time."""

    tolerance: int = field(default=TOLERANCE, validator=_tolerance_in_range)

    def require_recent(self, header: SignatureHeader, now: datetime) -> None:
        """Check the timestamp, whoever signed the message.

        Raises:
            InvalidSignature: it differs from ``now`` by more than the tolerance.
        """
        if abs(now.timestamp() - header.timestamp) > self.tolerance:
            raise InvalidSignature

    def is_signed(self, body: bytes, header: SignatureHeader, secrets: Iterable[str]) -> bool:
        """Whether the header signs exactly these bytes with one of the secrets. A blank secret signs nothing."""
        message = b"%d.%b" % (header.timestamp, body)
        expected = [_signature(message, secret) for secret in secrets if secret.strip()]
        return any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in header.signatures)


def _signature(message: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()
