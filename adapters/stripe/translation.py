"""From a Stripe object to news: what a Checkout Session or a PaymentIntent says about a payment session of ours."""

from __future__ import annotations

from typing import TypedDict

from adapters.stripe import values
from adapters.stripe.values import Json
from domain.errors import MalformedEvent
from domain.identifiers import is_id
from domain.payments.events import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutFree,
    CheckoutOpened,
    CheckoutPaid,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
)
from domain.payments.session import PaymentSession

# A slow payment has failed for good when its PaymentIntent, once confirmed, asks for another payment method or is over.
_GIVEN_UP = frozenset({"requires_payment_method", "canceled"})


class Names(TypedDict):
    """Whom news are about. Our gateway writes these into the metadata of everything it makes at Stripe."""

    user_id: str
    course_id: str
    payment_session_id: str


class EventFields(Names):
    """What all news carry."""

    provider: str
    event_id: str
    event_type: str
    provider_session_id: str | None
    reference: str | None
    livemode: bool


def metadata_of(session: PaymentSession) -> dict[str, str]:
    """The names of a payment session as they are written into metadata."""
    return {
        "paymentSessionId": session.payment_session_id,
        "userId": session.user_id,
        "courseId": session.course_id,
    }


def names_in(thing: Json) -> Names | None:
    """The names in an object's metadata; None when it is not one that our gateway made."""
    metadata = values.inner(thing, "metadata")
    session, user, course = (metadata.get(key) for key in ("paymentSessionId", "userId", "courseId"))
    if not (isinstance(session, str) and isinstance(user, str) and isinstance(course, str)):
        return None
    if not all(map(is_id, (session, user, course))):
        return None
    return Names(user_id=user, course_id=course, payment_session_id=session)


def completed(fields: EventFields, checkout: Json) -> PaymentEvent:
    """The student finished the checkout: paid, nothing to pay, or paid by a slow method."""
    match checkout.get("payment_status"):
        case "paid":
            return paid(fields, checkout)
        case "no_payment_required":
            return CheckoutFree(**fields, customer_id=values.other(checkout, "customer"))
        case "unpaid":
            return PaymentPending(**fields)
        case _:
            raise MalformedEvent


def paid(fields: EventFields, checkout: Json) -> PaymentEvent:
    """Money for the checkout was received: its total, in the currency of the sale, whatever the student saw."""
    return CheckoutPaid(
        **fields,
        amount=values.money(checkout, "amount_total"),
        provider_payment_id=values.other(checkout, "payment_intent"),
        customer_id=values.other(checkout, "customer"),
    )


def failed(fields: EventFields, _checkout: Json) -> PaymentEvent:
    """The slow payment did not arrive."""
    return PaymentFailed(**fields)


def expired(fields: EventFields, _checkout: Json) -> PaymentEvent:
    """The checkout closed unpaid."""
    return CheckoutExpired(**fields)


def received(fields: EventFields, payment: Json) -> PaymentEvent:
    """A PaymentIntent reports its money; it does not know its checkout."""
    return CheckoutPaid(
        **fields,
        amount=values.money(payment, "amount_received"),
        provider_payment_id=values.name(payment, "id"),
        customer_id=values.other(payment, "customer"),
    )


def recorded(provider: str, checkout: Json) -> PaymentEvent | None:
    """What a completed Checkout Session on Stripe's record says; None when it is not one that our gateway made."""
    names = names_in(checkout)
    if names is None:
        return None
    checkout_id = values.name(checkout, "id")
    fields = EventFields(
        **names,
        provider=provider,
        event_id=f"record:{checkout_id}:{checkout.get('payment_status')}",
        event_type="record",
        provider_session_id=checkout_id,
        reference=values.text(checkout, "client_reference_id"),
        livemode=values.flag(checkout, "livemode"),
    )
    return PaymentFailed(**fields) if _has_failed(checkout) else completed(fields, checkout)


def looked_up(provider: str, session: PaymentSession, checkout: Json, *, closed_by_us: bool = False) -> PaymentEvent:
    """What a Checkout Session read from Stripe says now about the payment session it was opened for."""
    fields = _fields_on_look_up(provider, session, checkout)
    match checkout.get("status"):
        case "open":
            return CheckoutOpened(**fields)
        case "expired":
            return CheckoutCancelled(**fields) if closed_by_us else CheckoutExpired(**fields)
        case "complete" if _has_failed(checkout):
            return PaymentFailed(**fields)
        case "complete":
            return completed(fields, checkout)
        case _:
            raise MalformedEvent


def _fields_on_look_up(provider: str, session: PaymentSession, checkout: Json) -> EventFields:
    checkout_id = values.name(checkout, "id")
    course_id = values.inner(checkout, "metadata").get("courseId", session.course_id)
    return EventFields(
        provider=provider,
        event_id=f"lookup:{checkout_id}:{checkout.get('status')}:{checkout.get('payment_status')}",
        event_type="lookup",
        user_id=session.user_id,
        course_id=str(course_id),
        payment_session_id=session.payment_session_id,
        provider_session_id=checkout_id,
        reference=values.text(checkout, "client_reference_id"),
        livemode=values.flag(checkout, "livemode"),
    )


def _has_failed(checkout: Json) -> bool:
    payment = checkout.get("payment_intent")
    expanded = payment if isinstance(payment, dict) else {}
    return checkout.get("payment_status") == "unpaid" and expanded.get("status") in _GIVEN_UP
