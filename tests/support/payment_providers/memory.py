"""The provider in memory, and one that captures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from attrs import evolve

from adapters.memory.capturing_gateway import MemoryCapturingGateway
from adapters.memory.checkouts import Funding
from adapters.memory.clock import MemoryClock
from adapters.memory.payment_gateway import SIGNATURE, MemoryPaymentGateway, _signature
from domain.payments.events import PaymentEvent
from domain.payments.reversals import DisputeStatus, RefundStatus
from domain.payments.session import PaymentSession
from tests.support.factories import NOW
from tests.support.payment_providers.provider import (
    CapturingProvider,
    Message,
    Provider,
    ReversingProvider,
    payment_of,
)


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
        state = self.memory.bank.payments[payment_of(session)]
        names = [one.provider_reversal_id for one in state.refunds]
        names += [one.provider_reversal_id for one in state.disputes]
        return self.memory.message(self.memory.reported(payment_of(session), names[-1]))

    def signed(self, body: bytes) -> Message:
        """Any bytes with the signature of memory."""
        return body, {SIGNATURE: _signature(body)}

    def refund_elsewhere(self, session: PaymentSession, amount: int) -> str:
        """A refund without an id of ours."""
        made = self.memory.bank.refund(payment_of(session), amount, self.clock.now(), status=self.memory.refund_status)
        return made.provider_reversal_id

    def settle_refund(self, session: PaymentSession, provider_reversal_id: str, *, succeeds: bool) -> None:
        """It succeeds or fails."""
        status = RefundStatus.SUCCEEDED if succeeds else RefundStatus.FAILED
        self.memory.bank.change_refund(payment_of(session), provider_reversal_id, status, self.clock.now())

    def dispute(self, session: PaymentSession, amount: int | None = None, *, inquiry: bool = False) -> str:
        """A dispute or an inquiry."""
        return self.memory.bank.dispute(payment_of(session), self.clock.now(), amount=amount, inquiry=inquiry)

    def respond(self, session: PaymentSession, provider_reversal_id: str) -> None:
        """Nothing more is waited for."""
        self.memory.bank.respond(payment_of(session), provider_reversal_id)

    def decide(self, session: PaymentSession, provider_reversal_id: str, *, won: bool) -> None:
        """Won or lost."""
        status = DisputeStatus.WON if won else DisputeStatus.LOST
        self.memory.bank.decide(payment_of(session), provider_reversal_id, status, self.clock.now())


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


@contextmanager
def memory() -> Iterator[Provider]:
    """Charged as soon as the student pays."""
    yield MemoryProvider()


@contextmanager
def memory_capturing() -> Iterator[Provider]:
    """Charged when we capture."""
    yield MemoryCapturingProvider()
