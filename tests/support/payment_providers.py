"""The payment providers under contract: a gateway each, and what students, payers, banks and time do there."""

from __future__ import annotations

import hashlib
import hmac
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache

from attrs import evolve

from adapters.memory.capturing_gateway import MemoryCapturingGateway
from adapters.memory.checkouts import Funding
from adapters.memory.clock import MemoryClock
from adapters.memory.payment_gateway import SIGNATURE, MemoryPaymentGateway, _signature
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.paypal.payment_gateway import PayPalGateway
from domain.payment_decisions import decide
from domain.payments.events import CheckoutPaid, PaymentEvent, PaymentPending
from domain.payments.reversals import DisputeStatus, RefundStatus
from domain.payments.session import PaymentSession
from domain.payments.states import Status, Transition
from domain.ports.payment_gateway import PaymentGateway
from domain.ports.secret_store import ProviderSecrets
from scripts.paypal_emulator import PayPalEmulator
from scripts.paypal_emulator.certificates import Certificates, make_certificates
from scripts.paypal_emulator.orders import RefusedError
from scripts.stripe_emulator.control.error import ControlError
from tests.support.factories import NOW
from tests.support.stripe.gateway_rig import StripeRig

Message = tuple[bytes, Mapping[str, str]]


class Provider(ABC):
    """A gateway, and what students, payers, banks and time do at its provider."""

    gateway: PaymentGateway
    closes: bool = True
    """Whether the provider itself closes a checkout; one that captures has nothing to close."""

    can_search: bool = True
    """Whether a checkout is found by our own id."""

    lists_movements: bool = True
    """Whether the provider has a list of the money that moved, and of the checkouts that were opened."""

    has_customers: bool = True
    """Whether a payment names a customer, who can pay again more easily."""

    @abstractmethod
    def pay(self, session: PaymentSession, *, refunds_wait: bool = False) -> None:
        """The student pays at once. ``refunds_wait``: refunds of this payment are pending until the bank decides."""

    @abstractmethod
    def can_pay(self, session: PaymentSession) -> bool:
        """The student tries to pay, and we do what we do about it; whether money moved."""

    @abstractmethod
    def promise(self, session: PaymentSession) -> None:
        """The student pays by a slow method."""

    @abstractmethod
    def arrive(self, session: PaymentSession) -> None:
        """The slow payment arrives."""

    @abstractmethod
    def bounce(self, session: PaymentSession) -> None:
        """The slow payment fails."""

    @abstractmethod
    def wait(self, minutes: float) -> None:
        """Time passes, here and there."""

    @abstractmethod
    def last_message(self, session: PaymentSession) -> Message:
        """The last message to our webhook about the session's checkout."""

    def is_customer(self, customer_id: str) -> bool:
        """Whether the provider knows such a customer."""
        return False

    @abstractmethod
    def signed(self, body: bytes) -> Message:
        """Any bytes, signed as the provider does."""


class ReversingProvider(Provider):
    """One at which refunds and disputes happen without us too."""

    fully_refunded: str = "charge_already_refunded"
    under_dispute: str = "charge_disputed"
    """The provider's codes for why it refuses a refund."""

    @abstractmethod
    def last_reversal_message(self, session: PaymentSession) -> Message:
        """The last message to our webhook about a refund or dispute of the session's payment."""

    @abstractmethod
    def refund_elsewhere(self, session: PaymentSession, amount: int) -> str:
        """Somebody refunds in the provider's dashboard; the provider's id of the refund."""

    @abstractmethod
    def settle_refund(self, session: PaymentSession, provider_reversal_id: str, *, succeeds: bool) -> None:
        """The bank carries a refund out, or sends it back."""

    @abstractmethod
    def dispute(self, session: PaymentSession, amount: int | None = None, *, inquiry: bool = False) -> str:
        """The payer disputes the payment; the provider's id of the dispute."""

    @abstractmethod
    def decide(self, session: PaymentSession, provider_reversal_id: str, *, won: bool) -> None:
        """The bank decides the dispute."""


class MemoryProvider(ReversingProvider):
    """The provider in memory."""

    def __init__(self) -> None:
        self.clock = MemoryClock(NOW)
        self.gateway = self.memory = MemoryPaymentGateway(self.clock)
        self.event: PaymentEvent | None = None

    def pay(self, session: PaymentSession, *, refunds_wait: bool = False) -> None:
        """The student pays at once."""
        self.memory.refund_status = RefundStatus.PENDING if refunds_wait else RefundStatus.SUCCEEDED
        self.event = self.memory.pay(session.payment_session_id)

    def can_pay(self, session: PaymentSession) -> bool:
        """Memory raises ValueError for a checkout that is over."""
        try:
            self.pay(session)
        except ValueError:
            return False
        return True

    def promise(self, session: PaymentSession) -> None:
        """The student pays by a slow method."""
        self.event = self.memory.promise(session.payment_session_id)

    def arrive(self, session: PaymentSession) -> None:
        """The slow payment arrives."""
        self.event = self.memory.pay(session.payment_session_id)

    def bounce(self, session: PaymentSession) -> None:
        """The slow payment fails."""
        self.event = self.memory.bounce(session.payment_session_id)

    def wait(self, minutes: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(minutes=minutes))

    def is_customer(self, customer_id: str) -> bool:
        """Unless deleted."""
        return customer_id not in self.memory.deleted_customers

    def last_message(self, session: PaymentSession) -> Message:
        """The last event, signed."""
        return self.memory.message(self.event or self.memory.expire(session.payment_session_id))

    def last_reversal_message(self, session: PaymentSession) -> Message:
        """A report of the last refund or dispute, signed."""
        state = self.memory.bank.payments[_payment(session)]
        names = [one.provider_reversal_id for one in state.refunds]
        names += [one.provider_reversal_id for one in state.disputes]
        return self.memory.message(self.memory.reported(_payment(session), names[-1]))

    def signed(self, body: bytes) -> Message:
        """Any bytes with the signature of memory."""
        return body, {SIGNATURE: _signature(body)}

    def refund_elsewhere(self, session: PaymentSession, amount: int) -> str:
        """A refund without an id of ours."""
        made = self.memory.bank.refund(_payment(session), amount, self.clock.now(), status=self.memory.refund_status)
        return made.provider_reversal_id

    def settle_refund(self, session: PaymentSession, provider_reversal_id: str, *, succeeds: bool) -> None:
        """It succeeds or fails."""
        status = RefundStatus.SUCCEEDED if succeeds else RefundStatus.FAILED
        self.memory.bank.change_refund(_payment(session), provider_reversal_id, status, self.clock.now())

    def dispute(self, session: PaymentSession, amount: int | None = None, *, inquiry: bool = False) -> str:
        """A dispute or an inquiry."""
        return self.memory.bank.dispute(_payment(session), self.clock.now(), amount=amount, inquiry=inquiry)

    def decide(self, session: PaymentSession, provider_reversal_id: str, *, won: bool) -> None:
        """Won or lost."""
        status = DisputeStatus.WON if won else DisputeStatus.LOST
        self.memory.bank.decide(_payment(session), provider_reversal_id, status, self.clock.now())


class CapturingProvider(ReversingProvider):
    """A provider that moves no money before a capture."""

    closes = False
    can_search = False

    @abstractmethod
    def approve(self, session: PaymentSession, funding: Funding = Funding.OK) -> None:
        """The student agrees to pay; ``funding`` is what a capture will lead to."""

    @abstractmethod
    def now(self) -> datetime:
        """The time, here and there."""

    def captured(self, session: PaymentSession) -> PaymentEvent:
        """What a first capture of the session says."""
        return self.gateway.capture(being_captured(session)).event

    def pay(self, session: PaymentSession, *, refunds_wait: bool = False) -> None:
        """Approved and captured."""
        self.approve(session)
        assert isinstance(self.captured(session), CheckoutPaid)

    def can_pay(self, session: PaymentSession) -> bool:
        """The student approves wherever they still can; then the rules of the domain decide whether it is captured."""
        with suppress(ValueError):
            self.approve(session)
        decision = decide(session, self.gateway.look_up(session).event, self.now())
        if decision.transition is not Transition.CAPTURE:
            return False
        return isinstance(self.gateway.capture(decision.session).event, CheckoutPaid)

    def promise(self, session: PaymentSession) -> None:
        """Approved with an account that pays slowly, and captured."""
        self.approve(session, Funding.PENDING)
        assert isinstance(self.captured(session), PaymentPending)


class MemoryCapturingProvider(CapturingProvider, MemoryProvider):
    """The provider in memory that captures."""

    def __init__(self) -> None:
        super().__init__()
        self.gateway = self.memory = self.capturing = MemoryCapturingGateway(self.clock)

    def approve(self, session: PaymentSession, funding: Funding = Funding.OK) -> None:
        """Memory raises ValueError for a checkout that is over."""
        self.event = self.capturing.approve(session.payment_session_id, funding)

    def now(self) -> datetime:
        """The clock of memory."""
        return self.clock.now()

    def pay(self, session: PaymentSession, *, refunds_wait: bool = False) -> None:
        """Approved and captured; the event is that of the capture."""
        self.memory.refund_status = RefundStatus.PENDING if refunds_wait else RefundStatus.SUCCEEDED
        super().pay(session)
        self.event = evolve(self.gateway.look_up(session).event, event_id="evt_captured", event_type="captured")


class StripeProvider(ReversingProvider):
    """Stripe, emulated."""

    def __init__(self, rig: StripeRig) -> None:
        self.rig = rig
        self.gateway = rig.gateway
        rig.emulator.set_webhook("http://127.0.0.1:9/nobody-listens")

    def pay(self, session: PaymentSession, *, refunds_wait: bool = False) -> None:
        """With the card that always works, or the one whose refunds are pending first."""
        self.rig.emulator.pay(_checkout(session), "4000000000007726" if refunds_wait else "4242424242424242")

    def can_pay(self, session: PaymentSession) -> bool:
        """The form takes no card once the checkout is not open."""
        try:
            result = self.rig.emulator.pay(_checkout(session), "4242424242424242")
        except ControlError:
            return False
        return bool(result["outcome"] == "succeeded")

    def promise(self, session: PaymentSession) -> None:
        """With a bank debit."""
        self.rig.emulator.pay(_checkout(session), "000123456789")

    def arrive(self, session: PaymentSession) -> None:
        """The bank says yes."""
        self.rig.emulator.control.settle_delayed(_checkout(session), "succeeded")

    def bounce(self, session: PaymentSession) -> None:
        """The bank says no."""
        self.rig.emulator.control.settle_delayed(_checkout(session), "failed")

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
        return str(self.rig.emulator.refund(_payment(session), amount)["id"])

    def settle_refund(self, session: PaymentSession, provider_reversal_id: str, *, succeeds: bool) -> None:
        """The bank's answer."""
        settle = self.rig.emulator.succeed_refund if succeeds else self.rig.emulator.fail_refund
        settle(provider_reversal_id)

    def dispute(self, session: PaymentSession, amount: int | None = None, *, inquiry: bool = False) -> str:
        """A chargeback or an inquiry."""
        return str(self.rig.emulator.open_dispute(_payment(session), amount, inquiry=inquiry)["id"])

    def decide(self, session: PaymentSession, provider_reversal_id: str, *, won: bool) -> None:
        """The bank's decision."""
        self.rig.emulator.decide_dispute(provider_reversal_id, "won" if won else "lost")

    def _last(self, *prefixes: str) -> Message:
        events = [event for event in self.rig.emulator.account.events.values() if event["type"].startswith(prefixes)]
        return self.rig.signed(events[-1])


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
            self.account.approve(_checkout(session), funding.value)
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
        self.account.settle(_checkout(session), succeeds=True)

    def bounce(self, session: PaymentSession) -> None:
        """It does not."""
        self.account.settle(_checkout(session), succeeds=False)

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
        return str(self.account.refund(_payment(session), body)["id"])

    def settle_refund(self, session: PaymentSession, provider_reversal_id: str, *, succeeds: bool) -> None:
        """The bank's answer."""
        self.account.settle_refund(provider_reversal_id, succeeds=succeeds)

    def dispute(self, session: PaymentSession, amount: int | None = None, *, inquiry: bool = False) -> str:
        """A chargeback or an inquiry."""
        value = None if amount is None else f"{amount / 100:.2f}"
        return str(self.account.dispute(_payment(session), value, inquiry=inquiry)["dispute_id"])

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
def _paypal() -> Iterator[Provider]:
    with PayPalEmulator(starts=NOW, certificates=known_certificates()) as emulator:
        yield PayPalProvider(emulator)


@contextmanager
def _paypal_asked() -> Iterator[Provider]:
    with PayPalEmulator(starts=NOW, certificates=known_certificates()) as emulator:
        yield PayPalProvider(emulator, by_call=True)


@contextmanager
def _memory() -> Iterator[Provider]:
    yield MemoryProvider()


@contextmanager
def _stripe() -> Iterator[Provider]:
    with StripeRig() as rig:
        yield StripeProvider(rig)


@contextmanager
def _memory_capturing() -> Iterator[Provider]:
    yield MemoryCapturingProvider()


def being_captured(session: PaymentSession, attempt: int = 1) -> PaymentSession:
    """The session as it is stored before it is captured."""
    return evolve(session, status=Status.PROCESSING, capture_attempts=attempt)


PROVIDERS: dict[str, Callable[[], AbstractContextManager[Provider]]] = {
    "memory": _memory,
    "memory_capturing": _memory_capturing,
    "paypal": _paypal,
    "paypal_asked": _paypal_asked,
    "stripe": _stripe,
}
"""Every provider by its name. A new one is a class and a line here."""

CAPTURING = ("memory_capturing", "paypal")
"""Those that move no money before a capture."""


def _checkout(session: PaymentSession) -> str:
    assert session.provider_session_id
    return session.provider_session_id


def _payment(session: PaymentSession) -> str:
    assert session.provider_payment_id
    return session.provider_payment_id
