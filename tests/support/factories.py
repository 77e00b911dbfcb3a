"""Domain objects with sensible values; a test names only what it is about: ``a_course(price=None)``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from domain.audit import Authorship
from domain.coupons import Coupon, DiscountType
from domain.courses import PAID, Course, ProviderPrice
from domain.enrollments import Enrollment
from domain.ledger import EntryKind, LedgerEntry
from domain.money import Money
from domain.payments.events import CheckoutExpired, CheckoutPaid, PaymentPending
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.pricing import Quote
from domain.students import Student

AUTHOR = Authorship(by="admin-1", reason="Asked for.")
NOW = datetime(2026, 1, 15, 12, 0, 0, 250_000, tzinfo=UTC)
PROVIDER = "stripe"
PRICE = Money(14_999, "usd")


def a_course(**changes: Any) -> Course:
    """A paid course of 149.99 usd, known to the provider."""
    linked = MappingProxyType({PROVIDER: ProviderPrice(product_id="prod_1", price_id="price_1")})
    given: dict[str, Any] = {
        "course_id": "course-1",
        "name": "AWS Cloud Mastery",
        "description": "Clouds, from above.",
        "instructor": "Ada",
        "pricing_model": PAID,
        "price": PRICE,
        "provider_prices": linked,
        "image_url": "https://img.example/1.png",
        "learning_objectives": ("Know clouds",),
        "curriculum": ({"title": "Start", "lessons": [{"title": "First", "minutes": 5}]},),
    }
    return Course(**(given | changes))


def a_free_course(**changes: Any) -> Course:
    """A course without a price."""
    free: dict[str, Any] = {"course_id": "free-1", "pricing_model": "free", "price": None}
    return a_course(**(free | {"provider_prices": MappingProxyType({})} | changes))


def a_student(**changes: Any) -> Student:
    """Somebody who has signed in and never paid."""
    given: dict[str, Any] = {
        "user_id": "user-1",
        "email": "sam@example.com",
        "name": "Sam",
        "email_verified": True,
        "sign_up_method": "email",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Student(**(given | changes))


def a_coupon(**changes: Any) -> Coupon:
    """Ten per cent off every course, ten times."""
    given: dict[str, Any] = {
        "code": "SPRING",
        "discount_type": DiscountType.PERCENTAGE,
        "discount_value": Decimal(10),
        "currency": "usd",
        "max_uses": 10,
    }
    return Coupon(**(given | changes))


def a_session(**changes: Any) -> PaymentSession:
    """A payment session just reserved, without a coupon."""
    given: dict[str, Any] = {
        "payment_session_id": "ps_1",
        "user_id": "user-1",
        "course_id": "course-1",
        "course_name": "AWS Cloud Mastery",
        "provider": PROVIDER,
        "status": Status.CREATING,
        "quote": Quote(list_price=PRICE),
        "return_url": "https://school.example/return",
        "provider_price_id": "price_1",
        "livemode": False,
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": NOW + timedelta(minutes=40),
        "due_at": NOW,
    }
    return PaymentSession(**(given | changes))


def a_session_with(coupon: Coupon, *, shard: int = 0, **changes: Any) -> PaymentSession:
    """A payment session that holds a use of this coupon, at its discount."""
    discounted = Quote(list_price=PRICE, discount=coupon.discount_on(PRICE))
    return a_session(**({"quote": discounted, "coupon": coupon.hold(shard)} | changes))


def an_enrollment(**changes: Any) -> Enrollment:
    """A place in a free course."""
    given: dict[str, Any] = {
        "user_id": "user-1",
        "course_id": "course-1",
        "enrollment_type": "free",
        "payment_status": "free",
        "enrolled_at": NOW,
    }
    return Enrollment(**(given | changes))


def paid(session: PaymentSession, **changes: Any) -> CheckoutPaid:
    """The event that this session was paid as agreed."""
    emitted = _known_checkout(session, "checkout.session.completed") | {
        "amount": session.total,
        "provider_payment_id": f"pi_{session.payment_session_id.removeprefix('ps_')}",
        "customer_id": "cus_1",
    }
    return CheckoutPaid(**(emitted | changes))


def expired(session: PaymentSession, **changes: Any) -> CheckoutExpired:
    """The event that this session's checkout closed unpaid."""
    return CheckoutExpired(**(_known_checkout(session, "checkout.session.expired") | changes))


def pending(session: PaymentSession, **changes: Any) -> PaymentPending:
    """The event that the student finished and the money is on its way."""
    return PaymentPending(**(_known_checkout(session, "checkout.session.completed") | changes))


def later(minutes: float = 1) -> datetime:
    """Some time after ``NOW``."""
    return NOW + timedelta(minutes=minutes)


def _known_checkout(session: PaymentSession, event_type: str) -> dict[str, Any]:
    return {
        "provider": session.provider,
        "event_id": f"evt_{session.payment_session_id}",
        "event_type": event_type,
        "user_id": session.user_id,
        "course_id": session.course_id,
        "payment_session_id": session.payment_session_id,
        "provider_session_id": session.provider_session_id or "cs_1",
        "reference": session.payment_session_id,
        "livemode": session.livemode,
    }


def an_entry(**changes: Any) -> LedgerEntry:
    """The sale of ``a_session()``."""
    given: dict[str, Any] = {
        "provider": PROVIDER,
        "provider_payment_id": "pi_1",
        "entry_id": "SALE",
        "kind": EntryKind.SALE,
        "amount": PRICE.amount,
        "currency": PRICE.currency,
        "user_id": "user-1",
        "course_id": "course-1",
        "course_name": "AWS Cloud Mastery",
        "payment_session_id": "ps_1",
        "livemode": False,
        "booked_on": NOW.date(),
        "recorded_at": NOW,
    }
    return LedgerEntry(**(given | changes))
