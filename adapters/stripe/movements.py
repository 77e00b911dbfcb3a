"""Stripe's balance transactions as movements of money of our payments."""

from __future__ import annotations

from attrs import frozen

from adapters.stripe import metadata, values
from adapters.stripe.reversals import Payment, dispute_share
from adapters.stripe.values import JsonObject
from domain.ledger import EntryKind
from domain.ports.payment_gateway import Movement

# Stripe's types, and what each must be about: the failure of a slow payment that was booked before it arrived has a
# type of its own, "payment_failure_refund", under which refunds of such payments that fail come, too.
_KINDS = {
    ("charge", "charge"): EntryKind.SALE,
    ("payment", "charge"): EntryKind.SALE,
    ("refund", "refund"): EntryKind.REFUND,
    ("payment_refund", "refund"): EntryKind.REFUND,
    ("refund_failure", "refund"): EntryKind.REFUND_FAILED,
    ("payment_failure_refund", "refund"): EntryKind.REFUND_FAILED,
    ("adjustment", "dispute"): EntryKind.DISPUTE,
}


@frozen(kw_only=True)
class _Booking:
    """The fields of a balance transaction, in minor units of ``currency``, the one that the account settles in."""

    booking_id: str
    amount: int
    currency: str
    fee: int
    net: int

    @classmethod
    def parse(cls, transaction: JsonObject) -> _Booking:
        return cls(
            booking_id=values.identifier(transaction, "id"),
            amount=values.integer(transaction, "amount"),
            currency=values.identifier(transaction, "currency"),
            fee=values.integer(transaction, "fee"),
            net=values.integer(transaction, "net"),
        )


def movement(transaction: JsonObject, stage: str) -> Movement | None:
    """The movement of a balance transaction whose source, and that one's PaymentIntent, is expanded.

    None for what is no money of a payment: payouts, fees, charges without a PaymentIntent, and slow payments that have
    not arrived. The movement names no session if the payment is another product's or another stage's.

    Raises:
        MalformedEvent: it is about a payment and lacks a documented field.
    """
    source = values.expanded(transaction, "source")
    kind = _KINDS.get((values.identifier(transaction, "type"), values.optional_text(source, "object") or ""))
    intent = values.expanded(source, "payment_intent")
    if kind is None or not intent:
        return None
    if kind is EntryKind.SALE and values.optional_text(source, "status") != "succeeded":
        return None
    booking, payment = _Booking.parse(transaction), Payment.parse(intent)
    if kind is EntryKind.DISPUTE and booking.amount > 0:
        kind = EntryKind.DISPUTE_RETURNED
    return Movement(
        movement_id=booking.booking_id,
        kind=kind,
        provider_payment_id=payment.payment_id,
        provider_reversal_id=None if kind is EntryKind.SALE else values.identifier(source, "id"),
        session=None if metadata.is_of_other_stage(intent, stage) else metadata.reference_in(intent),
        amount=_amount(kind, booking, payment, source),
        currency=payment.currency,
        fee=booking.fee,
        net=booking.net,
        settlement_currency=booking.currency,
        occurred_at=values.timestamp(transaction, "created"),
        available_on=values.timestamp(transaction, "available_on").date(),
    )


def _amount(kind: EntryKind, booking: _Booking, payment: Payment, source: JsonObject) -> int:
    """The signed amount in the payment's currency; that of the balance transaction is in the settlement currency."""
    match kind:
        case EntryKind.SALE:
            return values.amount(source, "amount_captured")
        case EntryKind.REFUND:
            return -values.amount(source, "amount")
        case EntryKind.REFUND_FAILED:
            return values.amount(source, "amount")
        case _:
            share = dispute_share(payment, source, abs(booking.amount), booking.currency)
            return share if booking.amount > 0 else -share
