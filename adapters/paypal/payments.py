"""Captures, their refunds and their disputes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from adapters.paypal import orders, records, references, values
from adapters.paypal.api import PayPalApi, PayPalRefusedError, path_of
from adapters.paypal.events import capture_above
from adapters.paypal.limits import CUSTOM_ID_LENGTH, REQUEST_ID_LENGTH
from adapters.paypal.values import JsonObject
from domain.errors import MalformedEvent, ProviderUnavailable, RefundRejected
from domain.identifiers import is_id
from domain.money import EXPONENTS
from domain.payments.reversals import DisputeState, DisputeStatus, PaymentState, RefundState, RefundStatus, Reversal
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import SessionReference

CAPTURES, REFUNDS = "/v2/payments/captures", "/v2/payments/refunds"

_FINAL = {
    "CAPTURE_FULLY_REFUNDED",
    "DUPLICATE_INVOICE_ID",
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED",
    "PARTIAL_REFUND_NOT_ALLOWED",
    "PENDING_CAPTURE",
    "REFUND_AMOUNT_EXCEEDED",
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK",
    "REFUND_TIME_LIMIT_EXCEEDED",
    "TRANSACTION_DISPUTED",
}
"""Refusals of a refund that do not change however often it is asked for."""

_NOT_NOW = {"REFUND_FAILED_INSUFFICIENT_FUNDS"}

_REFUND_STATUS = {
    "COMPLETED": RefundStatus.SUCCEEDED,
    "PENDING": RefundStatus.PENDING,
    "FAILED": RefundStatus.FAILED,
    "CANCELLED": RefundStatus.FAILED,
}
_WAITS_FOR_OTHERS = {"RESOLVED", "UNDER_REVIEW", "WAITING_FOR_BUYER_RESPONSE"}
_BUYER_WINS = {"RESOLVED_BUYER_FAVOUR", "ACCEPTED"}


@frozen(kw_only=True)
class Payments:
    """The captures of this account. Every method raises what ``PayPalApi.post`` raises."""

    api: PayPalApi
    livemode: bool
    stage: str

    def state(self, capture_id: str) -> PaymentState:
        """The capture with all of its refunds and disputes."""
        capture = self._capture(capture_id)
        received, currency = values.minor_units(capture, "amount")
        return PaymentState(
            provider_payment_id=capture_id,
            received=received,
            currency=currency,
            livemode=self.livemode,
            refunds=tuple(self._refunds(capture, capture_id)),
            disputes=tuple(self.disputes(capture_id)),
        )

    def refund(self, capture_id: str, refund: Reversal) -> None:
        """Ask for the refund, with our ids of session and refund as its key.

        Raises:
            RefundRejected: PayPal refuses it for good.
        """
        value = _decimal(refund.amount, refund.currency)
        body = {"amount": {"currency_code": refund.currency.upper(), "value": value}}
        if len(refund.reversal_id) <= CUSTOM_ID_LENGTH:
            body |= {"custom_id": refund.reversal_id}  # type: ignore[dict-item]
        key = f"refund:{refund.payment_session_id}:{refund.reversal_id}"[:REQUEST_ID_LENGTH]
        try:
            values.identifier(self.api.post(f"{CAPTURES}{path_of(capture_id)}/refund", body, key), "id")
        except PayPalRefusedError as refused:
            if refused.issue in _NOT_NOW:
                raise ProviderUnavailable from None
            if refused.issue in _FINAL:
                raise RefundRejected(refused.issue.lower()) from None
            raise

    def session_of(self, capture_id: str) -> SessionReference | None:
        """The payment session that the capture names; None if it is not this stage's, or PayPal does not know it."""
        capture = self.find(capture_id)
        return self.session_in(capture) if capture else None

    def session_in(self, capture: JsonObject) -> SessionReference | None:
        """The payment session that this capture names; None if it is not this stage's."""
        custom = references.parse_custom_id(values.text(capture, "custom_id"))
        return custom.session if custom and custom.is_of(self.stage) else None

    def find(self, capture_id: str) -> JsonObject | None:
        """The capture; None if PayPal does not know it."""
        return self._known(lambda: self._capture(capture_id))

    def refunded_by(self, refund_id: str) -> str | None:
        """The capture that a refund is about; None if PayPal does not know the refund."""
        refund = self._known(lambda: self.api.get(f"{REFUNDS}{path_of(refund_id)}"))
        return capture_above(refund) if refund else None

    def disputes(self, capture_id: str) -> list[DisputeState]:
        """The disputes about a capture, oldest first."""
        return [_dispute(one) for one in records.disputes_of(self.api, capture_id)]

    def disputes_begun(self, capture_id: str) -> list[tuple[datetime, str]]:
        """When each dispute about a capture began, and its id, oldest first."""
        found = records.disputes_of(self.api, capture_id)
        return sorted((values.timestamp(one, "create_time"), values.identifier(one, "dispute_id")) for one in found)

    def _known(self, ask: Callable[[], JsonObject]) -> JsonObject | None:
        try:
            return ask()
        except PayPalRefusedError as refused:
            if not refused.is_unknown:
                raise
            return None

    def _capture(self, capture_id: str) -> JsonObject:
        capture = self.api.get(f"{CAPTURES}{path_of(capture_id)}")
        if values.identifier(capture, "id") != capture_id:
            raise MalformedEvent
        return capture

    def _refunds(self, capture: JsonObject, capture_id: str) -> list[RefundState]:
        order = self.api.get(f"/v2/checkout/orders{path_of(order_of(capture))}")
        payments = values.nested(values.first(order, "purchase_units"), "payments")
        captured = values.text(orders.capture_of(order), "id")
        if captured != capture_id:
            raise MalformedEvent
        return [self._refund(one) for one in values.objects(payments, "refunds")]

    def _refund(self, named: JsonObject) -> RefundState:
        refund_id = values.identifier(named, "id")
        # The order names its refunds in short; whether one is ours, its own record says.
        refund = named if "custom_id" in named else self.api.get(f"{REFUNDS}{path_of(refund_id)}")
        amount, currency = values.minor_units(refund, "amount")
        status = values.identifier(refund, "status")
        if status not in _REFUND_STATUS:
            raise MalformedEvent
        ours = values.text(refund, "custom_id")
        return RefundState(
            provider_reversal_id=refund_id,
            refund_id=ours if is_id(ours) else None,
            amount=amount,
            currency=currency,
            status=_REFUND_STATUS[status],
        )


def payment_of(session: PaymentSession) -> str:
    """The capture of a session that was paid."""
    if session.provider_payment_id is None:
        raise ValueError("The payment session has no capture id.")
    return session.provider_payment_id


def order_of(capture: JsonObject) -> str:
    """The order of a capture."""
    related = values.nested(values.nested(capture, "supplementary_data"), "related_ids")
    return values.identifier(related, "order_id")


def disputed_capture(dispute: JsonObject) -> str:
    """The capture that a dispute is about."""
    return values.identifier(values.first(dispute, "disputed_transactions"), "seller_transaction_id")


def _dispute(dispute: JsonObject) -> DisputeState:
    amount, currency = values.minor_units(dispute, "dispute_amount")
    status = _dispute_status(dispute)
    return DisputeState(
        provider_reversal_id=values.identifier(dispute, "dispute_id"),
        amount=amount,
        currency=currency,
        status=status,
        withdrawn=_withdrawn(dispute, amount, currency, status),
        reason=values.text(dispute, "reason").lower() or None,
        respond_by=_respond_by(dispute),
    )


def _respond_by(dispute: JsonObject) -> datetime | None:
    """Until when PayPal takes an answer; None where it waits for the buyer or for itself. Cut to the second."""
    is_over = values.text(dispute, "status") in _WAITS_FOR_OTHERS
    if is_over or not values.text(dispute, "seller_response_due_date"):
        return None
    return values.timestamp(dispute, "seller_response_due_date").replace(microsecond=0)


def _withdrawn(dispute: JsonObject, amount: int, currency: str, status: DisputeStatus) -> int:
    """What was taken from us and not given back: by the dispute's movements of money, where PayPal names them in the
    disputed currency, else by where the dispute stands.
    """
    moved = [
        one for one in values.objects(dispute, "money_movements") if values.text(one, "affected_party") == "SELLER"
    ]
    amounts = [(values.text(one, "type"), *values.minor_units(one, "amount")) for one in moved]
    if not amounts or any(found != currency for _, _, found in amounts):
        return amount if status in (DisputeStatus.OPEN, DisputeStatus.LOST) else 0
    return max(sum(value if kind == "DEBIT" else -value for kind, value, _ in amounts), 0)


def _dispute_status(dispute: JsonObject) -> DisputeStatus:
    """An inquiry moves no money for good; a claim or chargeback holds it until it is decided."""
    if values.text(dispute, "status") != "RESOLVED":
        inquiry = values.text(dispute, "dispute_life_cycle_stage") == "INQUIRY"
        return DisputeStatus.INQUIRY if inquiry else DisputeStatus.OPEN
    outcome = values.text(values.nested(dispute, "dispute_outcome"), "outcome_code")
    return DisputeStatus.LOST if outcome in _BUYER_WINS else DisputeStatus.WON


def _decimal(amount: int, currency: str) -> str:
    """Minor units as PayPal writes them: as many decimals as the payment itself was read with."""
    decimals = EXPONENTS.get(currency, 0 if currency in values.NO_DECIMALS else 2)
    whole, part = divmod(amount, 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)
