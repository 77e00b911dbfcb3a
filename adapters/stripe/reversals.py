"""Stripe's refunds and disputes of a payment, in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from adapters.stripe import metadata, values
from adapters.stripe.values import JsonObject
from domain.errors import MalformedEvent
from domain.identifiers import is_id
from domain.payments.reversals import (
    DisputeState,
    DisputeStatus,
    PaymentState,
    RefundState,
    RefundStatus,
    ReversalReference,
)
from domain.payments.session import PaymentSession

# A refund that waits for the payer's bank details may still be made; a canceled one never will.
_REFUND_STATUS = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
_DISPUTE_STATUS = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.CLOSED,
    "prevented": DisputeStatus.CLOSED,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
_ANSWERED = {"warning_under_review", "under_review", "appeal_under_review"}
_UNDECIDED = {DisputeStatus.INQUIRY, DisputeStatus.OPEN}


@frozen(kw_only=True)
class Payment:
    """What the account received by one PaymentIntent.

    ``received`` and ``refunded`` are in minor units of ``currency``; ``refunded`` is what the charge says of itself.
    """

    payment_id: str
    received: int
    currency: str
    livemode: bool
    refunded: int = 0

    @classmethod
    def parse(cls, intent: JsonObject) -> Payment:
        """Parses a PaymentIntent; ``refunded`` is 0 unless its charge is expanded."""
        charge = values.expanded(intent, "latest_charge")
        return cls(
            payment_id=values.identifier(intent, "id"),
            received=values.amount(intent, "amount_received"),
            currency=values.identifier(intent, "currency"),
            livemode=values.boolean(intent, "livemode"),
            refunded=values.amount(charge, "amount_refunded") if charge else 0,
        )


def payment_state(
    session: PaymentSession, payment: Payment, refunds: Iterable[JsonObject], disputes: Iterable[JsonObject]
) -> PaymentState:
    """The payment with all of its refunds and disputes.

    Raises:
        MalformedEvent: one of them cannot be read, or the list of refunds does not have all that the charge has.
    """
    found = tuple(refund_state(session, refund) for refund in refunds)
    if sum(refund.amount for refund in found) < payment.refunded:
        raise MalformedEvent
    return PaymentState(
        provider_payment_id=payment.payment_id,
        received=payment.received,
        currency=payment.currency,
        livemode=payment.livemode,
        refunds=found,
        disputes=tuple(dispute_state(payment, dispute) for dispute in disputes if values.amount(dispute, "amount")),
    )


def refund_state(session: PaymentSession, refund: JsonObject) -> RefundState:
    """A refund. An unknown status counts as pending: the money is held back, and looked at again every day."""
    amount = values.amount(refund, "amount")
    if amount == 0:
        raise MalformedEvent
    return RefundState(
        provider_reversal_id=_reversal_id(refund),
        refund_id=metadata.refund_id_in(refund, session),
        amount=amount,
        currency=values.identifier(refund, "currency"),
        status=_REFUND_STATUS.get(values.optional_text(refund, "status") or "", RefundStatus.PENDING),
        reason=values.optional_text(refund, "failure_reason") or values.optional_text(refund, "reason"),
    )


def dispute_state(payment: Payment, dispute: JsonObject) -> DisputeState:
    """A dispute. An appeal, and a status that is not known here, count as open.

    A dispute that was prevented by giving the money back is lost.
    """
    word = values.optional_text(dispute, "status") or ""
    withdrawn = _withdrawn(payment, dispute)
    status = _DISPUTE_STATUS.get(word, DisputeStatus.OPEN)
    return DisputeState(
        provider_reversal_id=_reversal_id(dispute),
        amount=values.amount(dispute, "amount"),
        currency=values.identifier(dispute, "currency"),
        status=DisputeStatus.LOST if word == "prevented" and withdrawn else status,
        withdrawn=withdrawn,
        reason=values.optional_text(dispute, "reason"),
        respond_by=_respond_by(dispute) if status in _UNDECIDED and word not in _ANSWERED else None,
    )


def reversal_reference(resource: JsonObject) -> ReversalReference | None:
    """The ids of a refund or dispute; None if its charge was made without a PaymentIntent."""
    payment_id = values.optional_text(resource, "payment_intent")
    if payment_id is None:
        return None
    return ReversalReference(provider_payment_id=payment_id, provider_reversal_id=_reversal_id(resource))


def dispute_share(payment: Payment, dispute: JsonObject, booked: int, currency: str) -> int:
    """How much of the payment an amount is that was booked for a dispute, in minor units of the payment's currency.

    ``booked``, not negative, is in ``currency``, the one that the account settles in. If that is not the payment's, it
    is taken as a share: as much of the disputed amount as it is of what was withdrawn. A dispute in another currency
    than the payment counts as one of the whole payment, since its amount cannot be compared.
    """
    if currency == payment.currency:
        return booked
    is_comparable = values.identifier(dispute, "currency") == payment.currency
    disputed = values.amount(dispute, "amount") if is_comparable else payment.received
    return _part(disputed, booked, _taken(dispute))


def _respond_by(dispute: JsonObject) -> datetime | None:
    """Until when the evidence is taken; None where the bank gives no time, and none is taken."""
    details = values.nested(dispute, "evidence_details")
    return values.timestamp(details, "due_by") if details.get("due_by") else None


def _withdrawn(payment: Payment, dispute: JsonObject) -> int:
    """What was taken for the dispute and not given back."""
    bookings = values.objects(dispute, "balance_transactions")
    left = -sum(values.integer(booking, "amount") for booking in bookings)
    if left <= 0:
        return 0
    return dispute_share(payment, dispute, left, values.identifier(bookings[0], "currency"))


def _taken(dispute: JsonObject) -> int:
    """The first amount that was booked for the dispute, in the settlement currency."""
    amounts = [values.integer(booking, "amount") for booking in values.objects(dispute, "balance_transactions")]
    return next((-amount for amount in amounts if amount < 0), 0)


def _part(whole: int, numerator: int, denominator: int) -> int:
    """``whole * numerator / denominator``, rounded half up; the whole if there is nothing to compare with."""
    return (2 * whole * numerator + denominator) // (2 * denominator) if denominator > 0 else whole


def _reversal_id(resource: JsonObject) -> str:
    found = values.identifier(resource, "id")
    if not is_id(found):
        raise MalformedEvent
    return found
