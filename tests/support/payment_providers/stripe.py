"""Stripe, emulated."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from domain.payments.session import PaymentSession
from scripts.stripe_emulator.balance.disputes import add_evidence
from scripts.stripe_emulator.control.error import ControlError
from tests.support.payment_providers.provider import (
    Message,
    Provider,
    ReversingProvider,
    checkout_of,
    payment_of,
)
from tests.support.stripe.gateway_rig import StripeRig


class StripeProvider(ReversingProvider):
    """Stripe, emulated."""

    def __init__(self, rig: StripeRig) -> None:
        self.rig = rig
        self.gateway = rig.gateway
        rig.emulator.set_webhook("http://127.0.0.1:9/nobody-listens")

    def pay(self, session: PaymentSession, *, refunds_wait: bool = False) -> None:
        """With the card that always works, or the one whose refunds are pending first."""
        self.rig.emulator.pay(checkout_of(session), "4000000000007726" if refunds_wait else "4242424242424242")

    def can_pay(self, session: PaymentSession) -> bool:
        """The form takes no card once the checkout is not open."""
        try:
            result = self.rig.emulator.pay(checkout_of(session), "4242424242424242")
        except ControlError:
            return False
        return bool(result["outcome"] == "succeeded")

    def promise(self, session: PaymentSession) -> None:
        """With a bank debit."""
        self.rig.emulator.pay(checkout_of(session), "000123456789")

    def arrive(self, session: PaymentSession) -> None:
        """The bank says yes."""
        self.rig.emulator.control.settle_delayed(checkout_of(session), "succeeded")

    def bounce(self, session: PaymentSession) -> None:
        """The bank says no."""
        self.rig.emulator.control.settle_delayed(checkout_of(session), "failed")

    def wait(self, minutes: float) -> None:
        """Both clocks move."""
        self.rig.advance(minutes=minutes)

    def is_customer(self, customer_id: str) -> bool:
        """Unless deleted."""
        return not self.rig.emulator.account.customers.get(customer_id, {"deleted": True}).get("deleted")

    def last_message(self, session: PaymentSession) -> Message:
        """The last event about the checkout itself."""
        return self._last("checkout.")

    def last_reversal_message(self, session: PaymentSession) -> Message:
        """The last event about a refund or dispute."""
        return self._last("refund.", "charge.dispute.")

    def signed(self, body: bytes) -> Message:
        """Any bytes under the webhook secret."""
        _, headers = self.rig.signed({})
        at = headers["stripe-signature"].split(",")[0].removeprefix("t=")
        signature = hmac.new(b"whsec_rig", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return body, {"stripe-signature": f"t={at},v1={signature}"}

    def refund_elsewhere(self, session: PaymentSession, amount: int) -> str:
        """In the dashboard."""
        return str(self.rig.emulator.refund(payment_of(session), amount)["id"])

    def settle_refund(self, session: PaymentSession, provider_reversal_id: str, *, succeeds: bool) -> None:
        """The bank's answer."""
        settle = self.rig.emulator.succeed_refund if succeeds else self.rig.emulator.fail_refund
        settle(provider_reversal_id)

    def dispute(self, session: PaymentSession, amount: int | None = None, *, inquiry: bool = False) -> str:
        """A chargeback or an inquiry."""
        return str(self.rig.emulator.open_dispute(payment_of(session), amount, inquiry=inquiry)["id"])

    def respond(self, session: PaymentSession, provider_reversal_id: str) -> None:
        """Evidence is sent to the bank."""
        account = self.rig.emulator.account
        evidence = {"product_description": "A course"}
        add_evidence(account, account.disputes[provider_reversal_id], evidence, submit=True, call=None)

    def decide(self, session: PaymentSession, provider_reversal_id: str, *, won: bool) -> None:
        """The bank's decision."""
        self.rig.emulator.decide_dispute(provider_reversal_id, "won" if won else "lost")

    def _last(self, *prefixes: str) -> Message:
        events = [event for event in self.rig.emulator.account.events.values() if event["type"].startswith(prefixes)]
        return self.rig.signed(events[-1])


@contextmanager
def stripe() -> Iterator[Provider]:
    """Over its emulator."""
    with StripeRig() as rig:
        yield StripeProvider(rig)
