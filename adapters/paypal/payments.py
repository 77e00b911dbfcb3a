"""Captures, their refunds and their disputes."""

from __future__ import annotations

from attrs import frozen

from adapters.paypal import orders, values
from adapters.paypal.api import PayPalApi, PayPalRefusedError, path_of
from adapters.paypal.limits import CUSTOM_ID_LENGTH, REQUEST_ID_LENGTH
from adapters.paypal.values import JsonObject
from domain.errors import MalformedEvent, ProviderUnavailable, RefundRejected
from domain.identifiers import is_id
from domain.money import EXPONENTS
from domain.payments.reversals import DisputeState, DisputeStatus, PaymentState, RefundState, RefundStatus, Reversal
from domain.ports.payment_gateway import SessionReference

CAPTURES, REFUNDS = "/v2/payments/captures", "/v2/payments/refunds"
DISPUTES = "/v1/customer/disputes"

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
_BUYER_WINS = {"RESOLVED_BUYER_FAVOUR", "ACCEPTED"}


@frozen(kw_only=True)
class Payments:
    """The captures of this account. Every method raises what ``PayPalApi.post`` raises."""

    api: PayPalApi
    livemode: bool

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
            disputes=tuple(self._disputes(capture_id)),
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
            made = self.api.post(f"{CAPTURES}{path_of(capture_id)}/refund", body, key)
            values.identifier(made, "id")  # an object that is no refund is no answer
        except PayPalRefusedError as refused:
            if refused.issue in _NOT_NOW:
                raise ProviderUnavailable from None
            if refused.issue in _FINAL:
                raise RefundRejected(refused.issue.lower()) from None
            raise

    def session_of(self, capture_id: str) -> SessionReference | None:
        """The payment session that the capture names; None if it is not ours, or PayPal does not know it."""
        try:
            custom_id = values.text(self._capture(capture_id), "custom_id")
        except PayPalRefusedError as refused:
            if not refused.is_unknown:
                raise
            return None
        user_id, _, session_id = custom_id.partition("|")
        known = is_id(user_id) and is_id(session_id)
        return SessionReference(user_id=user_id, payment_session_id=session_id) if known else None

    def _capture(self, capture_id: str) -> JsonObject:
        capture = self.api.get(f"{CAPTURES}{path_of(capture_id)}")
        values.identifier(capture, "id")
        return capture

    def _refunds(self, capture: JsonObject, capture_id: str) -> list[RefundState]:
        order_id = values.identifier(
            values.nested(values.nested(capture, "supplementary_data"), "related_ids"), "order_id"
        )
        order = self.api.get(f"/v2/checkout/orders{path_of(order_id)}")
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

    def _disputes(self, capture_id: str) -> list[DisputeState]:
        listed = self.api.get(DISPUTES, disputed_transaction_id=capture_id)
        found = [values.identifier(one, "dispute_id") for one in values.objects(listed, "items")]
        return [_dispute(self.api.get(f"{DISPUTES}{path_of(name)}")) for name in found]


def _dispute(dispute: JsonObject) -> DisputeState:
    amount, currency = values.minor_units(dispute, "dispute_amount")
    status = _dispute_status(dispute)
    return DisputeState(
        provider_reversal_id=values.identifier(dispute, "dispute_id"),
        amount=amount,
        currency=currency,
        status=status,
        withdrawn=amount if status in (DisputeStatus.OPEN, DisputeStatus.LOST) else 0,
        reason=values.text(dispute, "reason").lower() or None,
    )


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
