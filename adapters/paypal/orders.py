"""Orders: what we ask PayPal for, and what an order says about our payment session."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from attrs import frozen

from adapters.paypal import references, values
from adapters.paypal.limits import CUSTOM_ID_LENGTH
from adapters.paypal.values import JsonObject
from domain.errors import InvalidValue, MalformedEvent, ProviderRejected
from domain.money import Money
from domain.payments.events import (
    CheckoutApproved,
    CheckoutExpired,
    CheckoutOpened,
    CheckoutPaid,
    PaymentDeclined,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
    received_money,
)
from domain.payments.session import PaymentSession

_OPEN = {"CREATED", "PAYER_ACTION_REQUIRED", "SAVED"}
_RECEIVED = {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}
_NOT_RECEIVED = {"DECLINED", "FAILED"}


class Fields(TypedDict):
    """What every event about a payment session says."""

    provider: str
    event_id: str
    event_type: str
    user_id: str
    course_id: str
    payment_session_id: str
    provider_session_id: str
    reference: str | None
    livemode: bool


@frozen(kw_only=True)
class Owner:
    """Whose order it is: its ``custom_id`` names student, session and stage, its ``reference_id`` stage and course."""

    stage: str
    user_id: str
    payment_session_id: str
    course_id: str


def order_body(session: PaymentSession, stage: str) -> JsonObject:
    """The request that opens an order for this session.

    Raises:
        ProviderRejected: PayPal cannot take it: an amount with decimals that it does not know, or ids too long.
    """
    custom_id = references.custom_id(session, stage)
    try:
        amount = values.amount_body(session.total)
    except InvalidValue:
        raise ProviderRejected from None
    unit = {
        "reference_id": references.reference_id(session, stage),
        "custom_id": custom_id,
        "description": session.course_name[:CUSTOM_ID_LENGTH],
        "amount": amount,
    }
    experience = {
        "return_url": session.return_url,
        "cancel_url": session.cancel_url or session.return_url,
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
    }
    return {
        "intent": "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": experience}},
    }


def owner_of(order: JsonObject) -> Owner | None:
    """Whose order it is; None if it names no session of ours."""
    unit = values.first(order, "purchase_units")
    custom = references.parse_custom_id(values.text(unit, "custom_id"))
    agreed = references.parse_reference_id(values.text(unit, "reference_id"))
    if custom is None or agreed is None:
        return None
    return Owner(
        stage=agreed.stage,
        user_id=custom.session.user_id,
        payment_session_id=custom.session.payment_session_id,
        course_id=agreed.course_id,
    )


def agreed_in(order: JsonObject) -> references.Agreed | None:
    """What was agreed on, as the order repeats it."""
    return references.parse_reference_id(values.text(values.first(order, "purchase_units"), "reference_id"))


def amount_of(order: JsonObject) -> Money | None:
    """What the order charges; None in a currency or size that we never sell in."""
    return values.money(values.first(order, "purchase_units"), "amount")


def capture_of(order: JsonObject) -> JsonObject:
    """The order's capture; an empty object if nothing was captured."""
    payments = values.nested(values.first(order, "purchase_units"), "payments")
    return values.first(payments, "captures")


def fields_of(
    order: JsonObject, owner: Owner, *, provider: str, livemode: bool, event_id: str = "", event_type: str = "lookup"
) -> Fields:
    """What an event about this order says of whom."""
    order_id, capture = values.identifier(order, "id"), values.text(capture_of(order), "status")
    named = owner_of(order)
    return Fields(
        provider=provider,
        event_id=event_id or f"lookup:{order_id}:{values.identifier(order, 'status')}:{capture}",
        event_type=event_type,
        user_id=owner.user_id,
        course_id=named.course_id if named else owner.course_id,
        payment_session_id=owner.payment_session_id,
        provider_session_id=order_id,
        reference=named.payment_session_id if named else None,
        livemode=livemode,
    )


def event_of(order: JsonObject, fields: Fields, *, is_over: bool) -> PaymentEvent:
    """What the order says. ``is_over``: the time for the student to approve it has passed.

    Raises:
        MalformedEvent: it is in a state that we do not know: wait.
    """
    status = values.identifier(order, "status")
    if status in _OPEN:
        return CheckoutExpired(**fields) if is_over else CheckoutOpened(**fields)
    if status == "APPROVED":
        return CheckoutApproved(**fields, amount=amount_of(order))
    if status == "VOIDED":
        return CheckoutExpired(**fields)
    if status == "COMPLETED":
        return _captured(capture_of(order), fields)
    raise MalformedEvent


def declined(fields: Fields, issue: str) -> PaymentDeclined:
    """A capture that took nothing; the student may try again."""
    return PaymentDeclined(**fields, decline_code=issue.lower())


def _captured(capture: JsonObject, fields: Fields) -> PaymentEvent:
    """What a completed order says: by its capture, which need not have brought the money."""
    status = values.identifier(capture, "status")
    if status in _RECEIVED:
        received, payment_id = values.minor_units(capture, "amount"), values.identifier(capture, "id")
        return CheckoutPaid(**fields, **received_money(*received), provider_payment_id=payment_id)
    if status == "PENDING":
        return PaymentPending(**fields)
    if status in _NOT_RECEIVED:
        return PaymentFailed(**fields)
    raise MalformedEvent


def created_at(order: JsonObject) -> datetime:
    """When the order was created."""
    return values.timestamp(order, "create_time")
