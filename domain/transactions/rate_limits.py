"""Rate limits: how many coupon codes may be tried in a minute, and how many checkouts opened.

Validating a code and buying with it count alike.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen
from attrs.validators import ge

from domain.payments.session import PaymentSession
from domain.transactions.writes import IncrementRateLimit

PER_STUDENT = 10
PER_ADDRESS = 30
PER_EXPORT = 10
COUPON, CHECKOUT, EXPORT = "coupon", "checkout", "export"

_HOUR = 3600


@frozen(kw_only=True)
class CheckoutLimits:
    """How many checkouts one client may open, against the trying of stolen cards where checkouts cost nothing.

    ``per_student``: new checkouts in an hour; nobody buys so many courses. ``per_address``: requests in a minute that
    open or cancel checkouts, from one network address: a classroom, not a script; 0 counts none.
    """

    per_student: int = field(default=20, validator=ge(1))
    per_address: int = field(default=60, validator=ge(0))


def by_student(user_id: str, code: str, at: datetime) -> IncrementRateLimit:
    """A student tries this code."""
    return IncrementRateLimit(user_id, COUPON, PER_STUDENT, at, code)


def by_address(address: str, code: str, at: datetime) -> IncrementRateLimit:
    """Somebody at this network address tries this code, whatever their account."""
    return IncrementRateLimit(address, COUPON, PER_ADDRESS, at, code)


def exports_by_student(user_id: str, audit_id: str, at: datetime) -> IncrementRateLimit:
    """A student takes out everything that is stored about them, or has it deleted."""
    return IncrementRateLimit(user_id, EXPORT, PER_EXPORT, at, audit_id, window=_HOUR)


def checkouts_by_student(session: PaymentSession, limits: CheckoutLimits) -> IncrementRateLimit:
    """A student opens a new checkout; counted in the transaction that reserves it."""
    return IncrementRateLimit(
        session.user_id, CHECKOUT, limits.per_student, session.created_at, session.payment_session_id, window=_HOUR
    )


def checkouts_by_address(address: str, request_id: str, at: datetime, limits: CheckoutLimits) -> IncrementRateLimit:
    """Somebody at this network address opens or cancels a checkout, whatever their account."""
    return IncrementRateLimit(address, CHECKOUT, limits.per_address, at, request_id)
