"""What a checkout at the provider says: in an event, on being asked, and on the provider's record."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from domain.payments.events import (
    CheckoutApproved,
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutFree,
    CheckoutOpened,
    CheckoutPaid,
    IgnoredEvent,
    IgnoreReason,
    PaymentDeclined,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
    ReversalReported,
    received_money,
)
from domain.payments.session import PaymentSession

if TYPE_CHECKING:
    from tests.simulation.bank import SimulatedPayment
    from tests.simulation.provider import SimulatedCheckout

UNSOLD = (5_000, "xts")
"""A price in a currency that no school sells in."""

PROVIDER, CAPTURING_PROVIDER = "stripe", "paypal"
LIVEMODE = False

_PLAIN: dict[str, type[PaymentEvent]] = {
    "open": CheckoutOpened,
    "pending": PaymentPending,
    "failed": PaymentFailed,
    "expired": CheckoutExpired,
}


class _EventFields(TypedDict):
    provider: str
    event_id: str
    event_type: str
    user_id: str
    course_id: str
    payment_session_id: str
    provider_session_id: str | None
    reference: str | None
    livemode: bool


def webhook_event(checkout: SimulatedCheckout, event_id: str, event_type: str) -> PaymentEvent | IgnoredEvent:
    """What an event of this type says of the checkout as it is now."""
    provider = checkout.session.provider
    if checkout.livemode != LIVEMODE:
        return _ignored(provider, event_id, event_type, IgnoreReason.OTHER_MODE)
    is_payment = event_type.startswith("payment_intent")
    metadata = checkout.metadata if is_payment else checkout.own_metadata
    if metadata is None:
        return _ignored(provider, event_id, event_type, IgnoreReason.FOREIGN)
    if checkout.copied and is_payment:
        return _ignored(
            provider, event_id, event_type, IgnoreReason.FOREIGN
        )  # made by hand, its payment knows nothing of ours
    user_id, course_id, payment_session_id = metadata
    emitted = _EventFields(
        provider=provider,
        event_id=event_id,
        event_type=event_type,
        user_id=user_id,
        course_id=course_id,
        payment_session_id=payment_session_id,
        provider_session_id=None if is_payment else checkout.checkout_id,
        reference=None if is_payment else checkout.reference,
        livemode=checkout.livemode,
    )
    if event_type == "payment_intent.payment_failed":
        return PaymentDeclined(**emitted, decline_code="insufficient_funds")
    return _event(checkout, emitted)


def reversal_event(
    payment: SimulatedPayment, reversal_id: str, event_id: str, event_type: str, *, named: bool
) -> ReversalReported | IgnoredEvent:
    """What a report about a refund or dispute says; ``named``: with the ids that the payment's metadata name."""
    if payment.livemode != LIVEMODE:
        return _ignored(payment.provider, event_id, event_type, IgnoreReason.OTHER_MODE)
    ours = payment.reference if named else None
    return ReversalReported(
        provider=payment.provider,
        event_id=event_id,
        event_type=event_type,
        provider_payment_id=payment.payment_id,
        provider_reversal_id=reversal_id,
        user_id=ours.user_id if ours else None,
        payment_session_id=ours.payment_session_id if ours else None,
        livemode=payment.livemode,
    )


def lookup_event(checkout: SimulatedCheckout, session: PaymentSession, *, closed_by_us: bool = False) -> PaymentEvent:
    """What the checkout says to whoever asks about this payment session."""
    emitted = _EventFields(
        provider=session.provider,
        event_id=f"lookup:{checkout.checkout_id}:{checkout.stage}",
        event_type="lookup",
        user_id=session.user_id,
        course_id=checkout.own_metadata[1] if checkout.own_metadata else session.course_id,
        payment_session_id=session.payment_session_id,
        provider_session_id=checkout.checkout_id,
        reference=checkout.reference,
        livemode=checkout.livemode,
    )
    return CheckoutCancelled(**emitted) if closed_by_us else _event(checkout, emitted)


def declined_capture(checkout: SimulatedCheckout, session: PaymentSession) -> PaymentDeclined:
    """What a capture says that took nothing."""
    return PaymentDeclined(
        provider=session.provider,
        event_id=f"capture:{checkout.checkout_id}:{session.capture_attempts}",
        event_type="capture",
        user_id=session.user_id,
        course_id=session.course_id,
        payment_session_id=session.payment_session_id,
        provider_session_id=checkout.checkout_id,
        livemode=checkout.livemode,
        decline_code="instrument_declined",
    )


def recorded_event(checkout: SimulatedCheckout) -> PaymentEvent | None:
    """What a completed checkout on record says; None when nothing shows that it is ours."""
    if checkout.own_metadata is None:
        return None
    user_id, course_id, payment_session_id = checkout.own_metadata
    emitted = _EventFields(
        provider=checkout.session.provider,
        event_id=f"record:{checkout.checkout_id}:{checkout.stage}",
        event_type="record",
        user_id=user_id,
        course_id=course_id,
        payment_session_id=payment_session_id,
        provider_session_id=checkout.checkout_id,
        reference=checkout.reference,
        livemode=checkout.livemode,
    )
    return _event(checkout, emitted)


def _event(checkout: SimulatedCheckout, emitted: _EventFields) -> PaymentEvent:
    if checkout.stage == "approved":
        return CheckoutApproved(**emitted, amount=checkout.amount)
    if checkout.stage != "paid":
        return _PLAIN[checkout.stage](**emitted)
    if checkout.amount is not None and checkout.amount.is_zero:
        return CheckoutFree(**emitted, customer_id=checkout.customer_id)
    units, currency = (checkout.amount.amount, checkout.amount.currency) if checkout.amount is not None else UNSOLD
    return CheckoutPaid(
        **emitted,
        **received_money(units, currency),
        provider_payment_id=checkout.payment_id,
        customer_id=checkout.customer_id,
    )


def _ignored(provider: str, event_id: str, event_type: str, reason: IgnoreReason) -> IgnoredEvent:
    return IgnoredEvent(provider=provider, event_id=event_id, event_type=event_type, reason=reason)
