"""Translation of Stripe's Checkout Sessions and PaymentIntents into payment events of the domain."""

from __future__ import annotations

import re

from adapters.stripe import values
from adapters.stripe.metadata import SessionIds, ids_in, is_of_other_stage
from adapters.stripe.values import JsonObject
from domain.errors import MalformedEvent
from domain.payments.events import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutFree,
    CheckoutOpened,
    CheckoutPaid,
    PaymentDeclined,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
    received_money,
)
from domain.payments.session import PaymentSession

_CODE = re.compile(r"[a-z0-9_]{1,64}")

# The PaymentIntent of a delayed payment method has one of these states once the payment has failed for good.
_FAILED_STATES = frozenset({"requires_payment_method", "canceled"})


class EventFields(SessionIds):
    """The fields that every payment event has."""

    provider: str
    event_id: str
    event_type: str
    provider_session_id: str | None
    reference: str | None
    livemode: bool


def checkout_completed(fields: EventFields, checkout: JsonObject) -> PaymentEvent:
    """The event of a completed Checkout Session: paid, nothing to pay, or a delayed payment still pending."""
    match checkout.get("payment_status"):
        case "paid":
            return checkout_paid(fields, checkout)
        case "no_payment_required":
            return CheckoutFree(**fields, customer_id=values.related_id(checkout, "customer"))
        case "unpaid":
            return PaymentPending(**fields)
        case _:
            raise MalformedEvent


def checkout_paid(fields: EventFields, checkout: JsonObject) -> PaymentEvent:
    """CheckoutPaid from a Checkout Session, with its total in the currency of the sale."""
    return CheckoutPaid(
        **fields,
        **received_money(*values.units_of(checkout, "amount_total")),
        provider_payment_id=values.related_id(checkout, "payment_intent"),
        customer_id=values.related_id(checkout, "customer"),
    )


def payment_failed(fields: EventFields, _checkout: JsonObject) -> PaymentEvent:
    """PaymentFailed: the delayed payment failed for good."""
    return PaymentFailed(**fields)


def checkout_expired(fields: EventFields, _checkout: JsonObject) -> PaymentEvent:
    """CheckoutExpired: the Checkout Session was closed without a payment."""
    return CheckoutExpired(**fields)


def payment_received(fields: EventFields, payment: JsonObject) -> PaymentEvent:
    """CheckoutPaid from a PaymentIntent; it carries no Checkout Session id."""
    return CheckoutPaid(
        **fields,
        **received_money(*values.units_of(payment, "amount_received")),
        provider_payment_id=values.identifier(payment, "id"),
        customer_id=values.related_id(payment, "customer"),
    )


def payment_declined(fields: EventFields, payment: JsonObject) -> PaymentEvent:
    """PaymentDeclined from a PaymentIntent: the issuer's code if it gave one, else Stripe's."""
    error = values.nested(payment, "last_payment_error")
    code = values.optional_text(error, "decline_code") or values.optional_text(error, "code")
    return PaymentDeclined(**fields, decline_code=code if code and _CODE.fullmatch(code) else "unknown")


def from_completed_checkout(provider: str, stage: str, checkout: JsonObject) -> PaymentEvent | None:
    """The event of a completed Checkout Session in Stripe's list; None if this stage's gateway did not create it."""
    ids = ids_in(checkout)
    if ids is None or is_of_other_stage(checkout, stage):
        return None
    checkout_id = values.identifier(checkout, "id")
    fields = EventFields(
        **ids,
        provider=provider,
        event_id=f"record:{checkout_id}:{checkout.get('payment_status')}",
        event_type="record",
        provider_session_id=checkout_id,
        reference=values.optional_text(checkout, "client_reference_id"),
        livemode=values.boolean(checkout, "livemode"),
    )
    return PaymentFailed(**fields) if _has_failed(checkout) else checkout_completed(fields, checkout)


def from_lookup(
    provider: str, session: PaymentSession, checkout: JsonObject, *, closed_by_us: bool = False
) -> PaymentEvent:
    """The event that describes the present state of the Checkout Session of this payment session.

    ``closed_by_us``: Stripe has just expired it at our request, so it is reported as cancelled.
    """
    fields = _lookup_fields(provider, session, checkout)
    match checkout.get("status"):
        case "open":
            return CheckoutOpened(**fields)
        case "expired":
            return CheckoutCancelled(**fields) if closed_by_us else CheckoutExpired(**fields)
        case "complete" if _has_failed(checkout):
            return PaymentFailed(**fields)
        case "complete":
            return checkout_completed(fields, checkout)
        case _:
            raise MalformedEvent


def _lookup_fields(provider: str, session: PaymentSession, checkout: JsonObject) -> EventFields:
    checkout_id = values.identifier(checkout, "id")
    course_id = values.nested(checkout, "metadata").get("courseId", session.course_id)
    return EventFields(
        provider=provider,
        event_id=f"lookup:{checkout_id}:{checkout.get('status')}:{checkout.get('payment_status')}",
        event_type="lookup",
        user_id=session.user_id,
        course_id=str(course_id),
        payment_session_id=session.payment_session_id,
        provider_session_id=checkout_id,
        reference=values.optional_text(checkout, "client_reference_id"),
        livemode=values.boolean(checkout, "livemode"),
    )


def _has_failed(checkout: JsonObject) -> bool:
    payment = checkout.get("payment_intent")
    expanded = payment if isinstance(payment, dict) else {}
    return checkout.get("payment_status") == "unpaid" and expanded.get("status") in _FAILED_STATES
