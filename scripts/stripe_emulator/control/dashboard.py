"""What happens after a payment without the API: refunds in Stripe's dashboard, and what banks decide."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from attrs import define

from scripts.stripe_emulator.account import Account, Table
from scripts.stripe_emulator.balance import disputes, refunds
from scripts.stripe_emulator.checkout import lifecycle
from scripts.stripe_emulator.control.error import ControlError
from scripts.stripe_emulator.errors import Json, StripeError
from scripts.stripe_emulator.payment_methods import DisputeCase

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
# Visa's codes for Stripe's reasons.
_NETWORK_CODES = {
    "credit_not_processed": "13.6",
    "duplicate": "12.6.1",
    "fraudulent": "10.4",
    "general": "13.9",
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "subscription_canceled": "13.2",
    "unrecognized": "10.4",
}


@define
class Dashboard:
    """Payments are named by the id of their session, PaymentIntent or charge. Amounts are in minor units.

    Every method answers the refund or dispute as it is afterwards, and raises ControlError: 400 for a value that makes
    no sense, 404 for an unknown object, 409 for one that is not in a state for it.
    """

    account: Account

    def refund(self, payment: str, amount: int | None = None, reason: str | None = None) -> Json:
        """Refund a payment as the merchant does in the dashboard: without metadata and idempotency key."""
        _one_of("reason", reason, REASONS)
        with self._working():
            return deepcopy(refunds.create(self.account, self._charge(payment), amount, reason=reason))

    def succeed_refund(self, refund_id: str) -> Json:
        """Let a pending refund be done."""
        with self._working():
            found = self._find(self.account.refunds, "refund", refund_id)
            refunds.succeed(self.account, found)
            return deepcopy(found)

    def fail_refund(self, refund_id: str, failure_reason: str | None = None) -> Json:
        """Let the bank send back a refund, pending or done."""
        _one_of("failure_reason", failure_reason, refunds.FAILURE_REASONS)
        with self._working():
            found = self._find(self.account.refunds, "refund", refund_id)
            refunds.fail(self.account, found, failure_reason or "expired_or_canceled_card")
            return deepcopy(found)

    def cancel_refund(self, refund_id: str) -> Json:
        """Cancel a card refund, as the dashboard allows shortly after it."""
        with self._working():
            found = self._find(self.account.refunds, "refund", refund_id)
            refunds.cancel(self.account, found)
            return deepcopy(found)

    def open_dispute(
        self, payment: str, amount: int | None = None, reason: str | None = None, *, inquiry: bool = False
    ) -> Json:
        """Let the cardholder dispute a payment, or part of it. A payment may have several disputes."""
        _one_of("reason", reason, _NETWORK_CODES)
        why = reason or "fraudulent"
        case = DisputeCase(reason=why, network_reason_code=_NETWORK_CODES[why], inquiry=inquiry)
        with self._working():
            return deepcopy(disputes.open_dispute(self.account, self._charge(payment), case, amount))

    def decide_dispute(self, dispute_id: str, outcome: str) -> Json:
        """Let the bank decide: `won` or `lost` for the merchant; an inquiry ends as `warning_closed`."""
        _one_of("outcome", outcome, disputes.OUTCOMES)
        with self._working():
            found = self._find(self.account.disputes, "dispute", dispute_id)
            disputes.decide(self.account, found, outcome)
            return deepcopy(found)

    def escalate_inquiry(self, dispute_id: str) -> Json:
        """Let the bank turn an inquiry into a chargeback."""
        with self._working():
            found = self._find(self.account.disputes, "dispute", dispute_id)
            disputes.escalate(self.account, found)
            return deepcopy(found)

    def appeal_dispute(self, dispute_id: str) -> Json:
        """Let whoever lost a decided dispute appeal: the merchant a lost one, the cardholder a won one."""
        with self._working():
            found = self._find(self.account.disputes, "dispute", dispute_id)
            disputes.appeal(self.account, found)
            return deepcopy(found)

    def refunds(self) -> list[Json]:
        """All refunds, oldest first."""
        with self._working():
            return deepcopy(list(self.account.refunds.values()))

    def disputes(self) -> list[Json]:
        """All disputes, oldest first."""
        with self._working():
            return deepcopy(list(self.account.disputes.values()))

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self.account.lock:
            lifecycle.tick(self.account)
            try:
                yield
            except StripeError as error:
                raise ControlError(409, str(error)) from error

    def _charge(self, payment: str) -> Json:
        """The charge of a payment that went through."""
        checkout = self.account.checkouts.get(payment)
        intent_id = checkout.body["payment_intent"] if checkout else payment
        charge_id = self.account.intents.get(intent_id, {}).get("latest_charge") or payment
        charge = self._find(self.account.charges, "paid session, PaymentIntent or charge", charge_id)
        if charge["status"] != "succeeded":
            raise ControlError(409, f"The charge {charge_id} is {charge['status']}.")
        return charge

    def _find(self, table: Table, kind: str, object_id: str) -> Json:
        if object_id not in table:
            raise ControlError(404, f"No such {kind}: {object_id}")
        return table[object_id]


def _one_of(name: str, value: str | None, known: "tuple[str, ...] | dict[str, str]") -> None:
    if value is not None and value not in known:
        raise ControlError(400, f"{name} must be one of {', '.join(known)}")
