"""What a checkout at the provider says: in an event, on being asked, and on the provider's record."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from domain.payments.events import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutFree,
    CheckoutOpened,
    CheckoutPaid,
    IgnoredEvent,
    IgnoreReason,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
)
from domain.payments.session import PaymentSession

if TYPE_CHECKING:
    from tests.simulation.provider import Till

PROVIDER = "stripe"
LIVEMODE = False

_PLAIN: dict[str, type[PaymentEvent]] = {
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


def event(till: Till, event_id: str, event_type: str) -> PaymentEvent | IgnoredEvent:
    """What an event of this type says of the checkout as it is now."""
    if till.livemode != LIVEMODE:
        return _ignored(event_id, event_type, IgnoreReason.OTHER_MODE)
    if till.metadata is None:
        return _ignored(event_id, event_type, IgnoreReason.FOREIGN)
    if till.copied and event_type.startswith("payment_intent"):
        return _ignored(event_id, event_type, IgnoreReason.FOREIGN)  # made by hand, its payment knows nothing of ours
    if event_type == "payment_intent.payment_failed":
        return _ignored(event_id, event_type, IgnoreReason.ATTEMPT_FAILED)
    user_id, course_id, payment_session_id = till.metadata
    is_payment = event_type.startswith("payment_intent")
    emitted = _Told(
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
    return _fact(till, emitted)


def looked_up(till: Till, session: PaymentSession, *, closed_by_us: bool = False) -> PaymentEvent:
    """What the checkout says to whoever asks about this payment session."""
    emitted = _Told(
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
    return CheckoutCancelled(**emitted) if closed_by_us else _fact(till, emitted)


def recorded(till: Till) -> PaymentEvent | None:
    """What a completed checkout on record says; None when it is not one that we can tell is ours."""
    if till.metadata is None:
        return None
    user_id, course_id, payment_session_id = till.metadata
    emitted = _Told(
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
    return _fact(till, emitted)


def _fact(till: Till, emitted: _Told) -> PaymentEvent:
    if till.stage != "paid":
        return _PLAIN[till.stage](**emitted)
    if till.amount is not None and till.amount.is_zero:
        return CheckoutFree(**emitted, customer_id=till.customer_id)
    return CheckoutPaid(
        **emitted, amount=till.amount, provider_payment_id=till.payment_id, customer_id=till.customer_id
    )


def _ignored(event_id: str, event_type: str, reason: IgnoreReason) -> IgnoredEvent:
    return IgnoredEvent(provider=PROVIDER, event_id=event_id, event_type=event_type, reason=reason)
