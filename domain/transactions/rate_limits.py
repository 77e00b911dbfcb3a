"""Rate limits: how many coupon codes may be tried in a minute, and how many checkouts opened.

Validating a code and buying with it count alike.
"""

from __future__ import annotations

from datetime import datetime

from domain.payments.session import PaymentSession
from domain.transactions.writes import IncrementRateLimit

PER_STUDENT = 10
PER_ADDRESS = 30
COUPON, CHECKOUT = "coupon", "checkout"

CHECKOUTS_PER_STUDENT = 20
"""New checkouts in an hour. Stolen cards are tried out where checkouts cost nothing; nobody buys so many courses."""

CHECKOUTS_PER_ADDRESS = 60
"""Requests in a minute that open or cancel checkouts, from one network address: a classroom, not a script."""

_HOUR = 3600


def by_student(user_id: str, code: str, at: datetime) -> IncrementRateLimit:
    """A student tries this code."""
    return IncrementRateLimit(user_id, COUPON, PER_STUDENT, at, code)


def by_address(address: str, code: str, at: datetime) -> IncrementRateLimit:
    """Somebody at this network address tries this code, whatever their account."""
    return IncrementRateLimit(address, COUPON, PER_ADDRESS, at, code)


def checkouts_by_student(session: PaymentSession) -> IncrementRateLimit:
    """A student opens a new checkout; counted in the transaction that reserves it."""
    return IncrementRateLimit(
        session.user_id, CHECKOUT, CHECKOUTS_PER_STUDENT, session.created_at, session.payment_session_id, window=_HOUR
    )


def checkouts_by_address(address: str, request_id: str, at: datetime) -> IncrementRateLimit:
    """Somebody at this network address opens or cancels a checkout, whatever their account."""
    return IncrementRateLimit(address, CHECKOUT, CHECKOUTS_PER_ADDRESS, at, request_id)
