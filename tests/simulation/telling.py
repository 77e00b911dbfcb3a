"""What a checkout at the provider says: in an event, on being asked, and on the provider's record."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from domain.events import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutFree,
    CheckoutOpened,
    CheckoutPaid,
    News,
    Noted,
    Notice,
    PaymentFailed,
    PaymentPending,
)
from domain.payments import PaymentSession

if TYPE_CHECKING:
    from tests.simulation.provider import Till

PROVIDER = "stripe"
LIVEMODE = False

_PLAIN: dict[str, type[News]] = {
    "open": CheckoutOpened,
    "pending": PaymentPending,
    "failed": PaymentFailed,
    "expired": CheckoutExpired,
}


class _Told(TypedDict):
    provider: str
    event_id: str
    event_type: str
    user_id: str
    course_id: str
    payment_session_id: str
    provider_session_id: str | None
    reference: str | None
    livemode: bool


def event(till: Till, event_id: str, event_type: str) -> News | Noted:
    """What an event of this type says of the checkout as it is now."""
    if till.livemode != LIVEMODE:
        return _noted(event_id, event_type, Notice.OTHER_MODE)
    if till.metadata is None:
        return _noted(event_id, event_type, Notice.FOREIGN)
    if till.copied and event_type.startswith("payment_intent"):
        return _noted(event_id, event_type, Notice.FOREIGN)  # made by hand, its payment knows nothing of ours
    if event_type == "payment_intent.payment_failed":
        return _noted(event_id, event_type, Notice.ATTEMPT_FAILED)
    user_id, course_id, payment_session_id = till.metadata
    is_payment = event_type.startswith("payment_intent")
    told = _Told(
        provider=PROVIDER,
        event_id=event_id,
        event_type=event_type,
        user_id=user_id,
        course_id=course_id,
        payment_session_id=payment_session_id,
        provider_session_id=None if is_payment else till.till_id,
        reference=None if is_payment else till.reference,
        livemode=till.livemode,
    )
    return _fact(till, told)


def looked_up(till: Till, session: PaymentSession, *, closed_by_us: bool = False) -> News:
    """What the checkout says to whoever asks about this payment session."""
    told = _Told(
        provider=PROVIDER,
        event_id=f"lookup:{till.till_id}:{till.stage}",
        event_type="lookup",
        user_id=session.user_id,
        course_id=till.metadata[1] if till.metadata else session.course_id,
        payment_session_id=session.payment_session_id,
        provider_session_id=till.till_id,
        reference=till.reference,
        livemode=till.livemode,
    )
    return CheckoutCancelled(**told) if closed_by_us else _fact(till, told)


def recorded(till: Till) -> News | None:
    """What a completed checkout on record says; None when it is not one that we can tell is ours."""
    if till.metadata is None:
        return None
    user_id, course_id, payment_session_id = till.metadata
    told = _Told(
        provider=PROVIDER,
        event_id=f"record:{till.till_id}:{till.stage}",
        event_type="record",
        user_id=user_id,
        course_id=course_id,
        payment_session_id=payment_session_id,
        provider_session_id=till.till_id,
        reference=till.reference,
        livemode=till.livemode,
    )
    return _fact(till, told)


def _fact(till: Till, told: _Told) -> News:
    if till.stage != "paid":
        return _PLAIN[till.stage](**told)
    if till.amount is not None and till.amount.is_zero:
        return CheckoutFree(**told, customer_id=till.customer_id)
    return CheckoutPaid(**told, amount=till.amount, provider_payment_id=till.payment_id, customer_id=till.customer_id)


def _noted(event_id: str, event_type: str, notice: Notice) -> Noted:
    return Noted(provider=PROVIDER, event_id=event_id, event_type=event_type, notice=notice)
