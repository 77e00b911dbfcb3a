"""A payment provider under contract: its gateway, and what students, payers, banks and time do there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from attrs import evolve

from adapters.memory.checkouts import Funding
from domain.payment_decisions import decide
from domain.payments.events import CheckoutPaid, PaymentEvent, PaymentPending
from domain.payments.session import PaymentSession
from domain.payments.states import Status, Transition
from domain.ports.payment_gateway import PaymentGateway

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

    def can_pay(self, session: PaymentSession) -> bool:
        """The student tries to pay, and we do what we do about it; whether money moved. Over is a ValueError."""
        try:
            self.pay(session)
        except ValueError:
            return False
        return True

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
    def respond(self, session: PaymentSession, provider_reversal_id: str) -> None:
        """The school answers the dispute in the provider's dashboard."""

    @abstractmethod
    def decide(self, session: PaymentSession, provider_reversal_id: str, *, won: bool) -> None:
        """The bank decides the dispute."""


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


def being_captured(session: PaymentSession, attempt: int = 1) -> PaymentSession:
    """The session as it is stored before it is captured."""
    return evolve(session, status=Status.PROCESSING, capture_attempts=attempt)


def checkout_of(session: PaymentSession) -> str:
    """The provider's id of the session's checkout."""
    assert session.provider_session_id
    return session.provider_session_id


def payment_of(session: PaymentSession) -> str:
    """The provider's id of the session's payment."""
    assert session.provider_payment_id
    return session.provider_payment_id
