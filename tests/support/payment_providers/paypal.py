"""PayPal, emulated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

from adapters.memory.checkouts import Funding
from adapters.memory.clock import MemoryClock
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.paypal.payment_gateway import PayPalGateway
from domain.payments.session import PaymentSession
from domain.ports.secret_store import ProviderSecrets
from scripts.paypal_emulator import PayPalEmulator
from scripts.paypal_emulator.certificates import Certificates, make_certificates
from scripts.paypal_emulator.orders import RefusedError
from tests.support.factories import NOW
from tests.support.payment_providers.provider import (
    CapturingProvider,
    Message,
    Provider,
    checkout_of,
    payment_of,
)


class PayPalProvider(CapturingProvider):
    """PayPal, emulated."""

    has_customers = False
    fully_refunded = "capture_fully_refunded"
    under_dispute = "transaction_disputed"

    def __init__(self, emulator: PayPalEmulator, *, by_call: bool = False, stage: str = "test") -> None:
        self.emulator, self.account = emulator, emulator.account
        self.clock, self.telemetry = MemoryClock(NOW), MemoryTelemetry()
        secrets = ProviderSecrets(
            secret_key=emulator.client_secret,
            publishable_key=emulator.client_id,
            webhook_secrets=(emulator.webhook_id,),
        )
        self.secrets = MemorySecretStore(self.clock, {"paypal": secrets})
        self.gateway = self.paypal = PayPalGateway(
            secrets=self.secrets,
            clock=self.clock,
            telemetry=self.telemetry,
            stage=stage,
            api_base=emulator.url,
            by_call=by_call,
            roots=emulator.roots,
        )

    def approve(self, session: PaymentSession, funding: Funding = Funding.OK) -> None:
        """Like a click on PayPal's page."""
        try:
            self.account.approve(checkout_of(session), funding.value)
        except RefusedError as refused:
            raise ValueError(str(refused)) from refused

    def now(self) -> datetime:
        """The clock of our side."""
        return self.clock.now()

    def pay(self, session: PaymentSession, *, refunds_wait: bool = False) -> None:
        """Approved and captured."""
        self.account.refunds_wait = refunds_wait
        super().pay(session)

    def arrive(self, session: PaymentSession) -> None:
        """PayPal's review ends well."""
        self.account.settle(checkout_of(session), succeeds=True)

    def bounce(self, session: PaymentSession) -> None:
        """It does not."""
        self.account.settle(checkout_of(session), succeeds=False)

    def wait(self, minutes: float) -> None:
        """Both clocks move."""
        self.clock.advance(timedelta(minutes=minutes))
        self.account.advance(minutes * 60)

    def last_message(self, session: PaymentSession) -> Message:
        """The last event about the order or its capture."""
        return self._last("CHECKOUT.ORDER.", "PAYMENT.CAPTURE.")

    def last_reversal_message(self, session: PaymentSession) -> Message:
        """The last event about a refund or dispute."""
        return self._last("PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.", "CUSTOMER.DISPUTE.")

    def signed(self, body: bytes) -> Message:
        """Any bytes, signed with the emulator's certificate."""
        return _in_lower_case(self.emulator.signed(body))

    def refund_elsewhere(self, session: PaymentSession, amount: int) -> str:
        """On paypal.com."""
        body = {"amount": {"value": f"{amount / 100:.2f}"}}
        return str(self.account.refund(payment_of(session), body)["id"])

    def settle_refund(self, session: PaymentSession, provider_reversal_id: str, *, succeeds: bool) -> None:
        """The bank's answer."""
        self.account.settle_refund(provider_reversal_id, succeeds=succeeds)

    def dispute(self, session: PaymentSession, amount: int | None = None, *, inquiry: bool = False) -> str:
        """A chargeback or an inquiry."""
        value = None if amount is None else f"{amount / 100:.2f}"
        return str(self.account.dispute(payment_of(session), value, inquiry=inquiry)["dispute_id"])

    def respond(self, session: PaymentSession, provider_reversal_id: str) -> None:
        """On paypal.com."""
        self.account.respond(provider_reversal_id)

    def decide(self, session: PaymentSession, provider_reversal_id: str, *, won: bool) -> None:
        """PayPal's decision."""
        self.account.decide(provider_reversal_id, won=won)

    def _last(self, *prefixes: str) -> Message:
        events = [event for event in self.account.events if event["event_type"].startswith(prefixes)]
        return _in_lower_case(self.emulator.signed(events[-1]))


def _in_lower_case(message: Message) -> Message:
    body, headers = message
    return body, {name.lower(): value for name, value in headers.items()}


@cache
def known_certificates() -> Certificates:
    """The same for every emulator of this process: making two RSA keys takes its time."""
    return make_certificates()


@contextmanager
def paypal() -> Iterator[Provider]:
    """Its messages verified by certificate."""
    with PayPalEmulator(starts=NOW, certificates=known_certificates()) as emulator:
        yield PayPalProvider(emulator)


@contextmanager
def paypal_asked() -> Iterator[Provider]:
    """Its messages verified by asking PayPal."""
    with PayPalEmulator(starts=NOW, certificates=known_certificates()) as emulator:
        yield PayPalProvider(emulator, by_call=True)
