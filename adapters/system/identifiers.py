"""Ids that sort by time: a prefix and a UUID version 7 in hexadecimal."""

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

    def _uuid7(self) -> int:
        milliseconds = int(self.clock.now().timestamp() * 1000) & ((1 << _TIME_BITS) - 1)
        random = self.random_bits(_RANDOM_BITS)
        high, low = random >> 62, random & ((1 << 62) - 1)
        return milliseconds << 80 | _VERSION << 76 | high << 64 | _VARIANT << 62 | low
