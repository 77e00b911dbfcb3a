"""Payments and their refunds: asking for one, and what became of all of them."""

from __future__ import annotations

from attrs import frozen

from adapters.stripe import api, metadata, records, requests, reversals, values
from adapters.stripe.api import Request, StripeApi, StripeRefusedError
from adapters.stripe.reversals import Payment
from adapters.stripe.values import JsonObject
from domain.errors import ProviderUnavailable, RefundRejected
from domain.payments.reversals import PaymentState, Reversal
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import SessionReference

# Stripe's codes for what will not change however often it is asked. A refusal without a code is one of these, too: more
# than is left (its parameter is the amount), or no successful charge to refund.
_FINAL = frozenset(
    {
        "amount_too_large",
        "amount_too_small",
        "charge_already_refunded",
        "charge_disputed",
        "charge_not_refundable",
        "invalid_charge_amount",
        "parameter_invalid_integer",
        "refund_disputed_payment",
        "invalid_request_error",
        api.MISSING,
    }
)

# There is not enough money in the account now. There may be tomorrow.
_NOT_NOW = frozenset({"balance_insufficient", "insufficient_funds", api.SAVED_FAILURE})


_PAYMENTS = "payment_intents"


def receipt_of(intent: JsonObject) -> str | None:
    """The address of a payment's receipt, if it is one of the web, or of an emulator on this machine."""
    charge = values.expanded(intent, "latest_charge")
    address = values.optional_text(charge, "receipt_url") if charge else None
    return address if address and address.startswith(("https://", "http://127.0.0.1:")) else None


def _receipt_of_payment(intent: JsonObject) -> str | None:
    values.identifier(intent, "id")  # what has none is no answer, rather than a payment without a receipt
    return receipt_of(intent)


def _with_charge(payment_id: str) -> Request:
    return Request("get", (_PAYMENTS, payment_id), requests.payment_params())


@frozen(kw_only=True)
class Payments:
    """The PaymentIntents of this stage. Every method raises what ``StripeApi.call`` raises."""

    stripe: StripeApi
    stage: str

    def state(self, session: PaymentSession, payment_id: str) -> PaymentState:
        """The payment with all of its refunds and disputes.

        The payment is read first: what its charge says was refunded must then be in the list of refunds.
        """
        payment = self.stripe.call(_with_charge(payment_id), lambda answer: Payment.parse(answer.body))
        refunds = records.refunds_of(self.stripe, payment_id)
        disputes = records.disputes_of(self.stripe, payment_id)
        return reversals.payment_state(session, payment, refunds, disputes)

    def receipt_url(self, payment_id: str) -> str | None:
        """The address of the charge's receipt, if it is one of the web."""
        return self.stripe.call(_with_charge(payment_id), lambda answer: _receipt_of_payment(answer.body))

    def refund(self, payment_id: str, refund: Reversal) -> None:
        """Ask for the refund, with our ids of session and refund as the idempotency key.

        Raises:
            RefundRejected: Stripe refuses it for good.
            StripeRefusedError: it refuses for a reason that has nothing to do with this refund, such as our API key.
            ProviderUnavailable: there was no answer, or not enough money in the account. It may be asked for again.
        """
        params = requests.refund_params(payment_id, refund, self.stage)
        key = f"{refund.payment_session_id}:{refund.reversal_id}"
        try:
            self.stripe.call(
                Request("post", records.REFUNDS, params, key),
                lambda answer: values.identifier(answer.body, "id"),
            )
        except StripeRefusedError as refused:
            if refused.reason in _NOT_NOW:
                raise ProviderUnavailable from None
            if refused.status in (api.BAD_REQUEST, api.NOT_FOUND) and refused.reason in _FINAL:
                raise RefundRejected(_code(refused)) from None
            raise

    def session_of(self, payment_id: str) -> SessionReference | None:
        """The payment session that the payment's metadata name; None if it is another product's or stage's, or
        Stripe does not know it.
        """
        try:
            return self.stripe.call(
                Request("get", (_PAYMENTS, payment_id)),
                lambda answer: self._ours(answer.body),
            )
        except StripeRefusedError as refused:
            if refused.reason != api.MISSING:
                raise
            return None

    def _ours(self, payment: values.JsonObject) -> SessionReference | None:
        values.identifier(payment, "id")
        return None if metadata.is_of_other_stage(payment, self.stage) else metadata.reference_in(payment)


def _code(refused: StripeRefusedError) -> str:
    if refused.reason != "invalid_request_error":
        return refused.reason
    return "amount_too_large" if refused.param == "amount" else "not_refundable"
