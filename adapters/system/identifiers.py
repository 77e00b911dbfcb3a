"""Ids that sort by time: a prefix and a UUID version 7 in hexadecimal. Numbers of certificates are random."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from attrs import frozen

from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator

_TIME_BITS = 48  # milliseconds since 1970, good until the year 10889
_RANDOM_BITS = 74
_VERSION = 0x7
_VARIANT = 0b10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which people misread
_DIGITS, _BITS_OF_A_DIGIT = 16, 5


@frozen
class SystemIdGenerator(IdGenerator):
    """Generates ids from the clock and ``random_bits(n)``, which returns a random integer of ``n`` bits."""

    clock: Clock
    random_bits: Callable[[int], int] = secrets.randbits

    def payment_session_id(self) -> str:
        """``ps_`` and 32 hexadecimal digits. Ids of the same millisecond sort in any order."""
        return f"ps_{self._uuid7():032x}"

    def audit_id(self) -> str:
        """``au_`` and 32 hexadecimal digits."""
        return f"au_{self._uuid7():032x}"

    def certificate_number(self) -> str:
        """Sixteen digits of base 32 (80 random bits) in groups of four."""
        number = self.random_bits(_DIGITS * _BITS_OF_A_DIGIT)
        digits = [_ALPHABET[number >> shift & 31] for shift in range(0, _DIGITS * _BITS_OF_A_DIGIT, _BITS_OF_A_DIGIT)]
        return "-".join("".join(digits[start : start + 4]) for start in range(0, _DIGITS, 4))

    def _uuid7(self) -> int:
        milliseconds = int(self.clock.now().timestamp() * 1000) & ((1 << _TIME_BITS) - 1)
        random = self.random_bits(_RANDOM_BITS)
        high, low = random >> 62, random & ((1 << 62) - 1)
        return milliseconds << 80 | _VERSION << 76 | high << 64 | _VARIANT << 62 | low
