"""Rate limits: how many coupon codes may be tried in a minute. Validating a code and buying with it count alike."""

from __future__ import annotations

from datetime import datetime

from domain.transactions.writes import IncrementRateLimit

PER_STUDENT = 10
PER_ADDRESS = 30
_ACTION = "coupon"


def by_student(user_id: str, code: str, at: datetime) -> IncrementRateLimit:
    """A student tries this code."""
    return IncrementRateLimit(user_id, _ACTION, PER_STUDENT, at, code)


def by_address(address: str, code: str, at: datetime) -> IncrementRateLimit:
    """Somebody at this network address tries this code, whatever their account."""
    return IncrementRateLimit(address, _ACTION, PER_ADDRESS, at, code)
