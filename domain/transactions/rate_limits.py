"""How often coupon codes may be tried in a minute. Asking what a code is worth and buying with it count alike."""

from __future__ import annotations

from datetime import datetime

from domain.transactions.writes import IncrementRateLimit

PER_STUDENT = 10
PER_ADDRESS = 30
_ACTION = "coupon"


def by_student(user_id: str, at: datetime) -> IncrementRateLimit:
    """A student tries a code."""
    return IncrementRateLimit(user_id, _ACTION, PER_STUDENT, at)


def by_address(address: str, at: datetime) -> IncrementRateLimit:
    """Somebody at this network address tries a code: many accounts do not make many more guesses."""
    return IncrementRateLimit(address, _ACTION, PER_ADDRESS, at)
