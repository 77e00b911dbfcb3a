"""Adapters with one bad habit each, around good ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from attrs import define, evolve, field

from domain.errors import DomainError, ProviderRejected, ProviderUnavailable, QueueUnavailable, StorageUnavailable
from domain.payments.events import IgnoredEvent, PaymentEvent, ProviderEvent, ReversalReported
from domain.payments.reversals import PaymentState, Reversal, ReversalReference
from domain.payments.session import PaymentSession
from domain.ports.event_queue import EventQueue
from domain.ports.payment_gateway import (
    Checkout,
    Movement,
    NotPossible,
    PaymentGateway,
    ProviderAccount,
    RebuildableCheckout,
    SessionReference,
)
from domain.ports.unit_of_work import UnitOfWork
from domain.pricing import ProviderLimits
from domain.students import Student
from domain.transactions.writes import Write

T = TypeVar("T")


@define(eq=False)
class _Wrapped(PaymentGateway):
    """A provider's gateway; whatever asks the provider goes through ``_asked``. It counts what was asked for."""

    good: PaymentGateway
    name: str = field(init=False)
    limits: ProviderLimits = field(init=False)
    has_form: bool = field(init=False)
    asked: list[str] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.name = self.good.name
        self.limits = self.good.limits
        self.has_form = self.good.has_form

    def account(self) -> ProviderAccount:
        return self.good.account()

    def payment_state(self, session: PaymentSession) -> PaymentState:
        return self._ask("payment_state", lambda: self.good.payment_state(session))

    def refund(self, session: PaymentSession, refund: Reversal) -> None:
        self._ask("refund", lambda: self.good.refund(session, refund))

    def movements(self, *, since: datetime, until: datetime) -> Iterator[Movement] | None:
        return self.good.movements(since=since, until=until)

    def recent_reversals(self, *, since: datetime, until: datetime) -> Iterator[ReversalReference] | None:
        return self.good.recent_reversals(since=since, until=until)

    def rebuildable_checkouts(self, *, since: datetime, until: datetime) -> Iterator[RebuildableCheckout]:
        return self.good.rebuildable_checkouts(since=since, until=until)

    def find_session_of(self, report: ReversalReported) -> SessionReference | None:
        return self.good.find_session_of(report)

    def payment_named_by(self, provider_id: str) -> str | None:
        return self._ask("payment_named_by", lambda: self.good.payment_named_by(provider_id))

    def delete_customer(self, customer_id: str) -> None:
        self._ask("delete_customer", lambda: self.good.delete_customer(customer_id))

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | ReversalReported | IgnoredEvent:
        return self.good.read_event(body, headers)

    def require_ready(self) -> None:
        self.good.require_ready()

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:
        return self._ask("open_checkout", lambda: self.good.open_checkout(session, buyer))

    def look_up(self, session: PaymentSession) -> Checkout:
        return self._ask("look_up", lambda: self.good.look_up(session))

    def close_checkout(self, session: PaymentSession) -> Checkout:
        return self._ask("close_checkout", lambda: self.good.close_checkout(session))

    def capture(self, session: PaymentSession) -> Checkout:
        return self._ask("capture", lambda: self.good.capture(session))

    def find_checkout(self, session: PaymentSession) -> Checkout | NotPossible | None:
        self.asked.append("find_checkout")
        return self.good.find_checkout(session)

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        return self.good.undelivered_events(since=since, at_most=at_most)

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        return self.good.completed_checkouts(since=since, at_most=at_most)

    def _ask(self, name: str, question: Callable[[], T]) -> T:
        self.asked.append(name)
        return self._asked(name, question)

    def _asked(self, name: str, question: Callable[[], T]) -> T:
        return question()


@define(eq=False)
class Counting(_Wrapped):
    """Does no harm, and remembers in ``asked`` what the provider was asked for."""


@define(eq=False)
class Unreachable(_Wrapped):
    """The provider never hears of the request."""

    def _asked(self, name: str, question: Callable[[], T]) -> T:
        raise ProviderUnavailable


@define(eq=False)
class SilentAbout(_Wrapped):
    """The provider answers about every checkout but those of these payment sessions."""

    about: set[str]

    def look_up(self, session: PaymentSession) -> Checkout:
        """Nothing, or what the provider says."""
        if session.payment_session_id in self.about:
            raise ProviderUnavailable
        return self.good.look_up(session)


@define(eq=False)
class LosesAnswers(_Wrapped):
    """The provider does what it is asked, and so many answers never arrive."""

    times: int = 1

    def _asked(self, name: str, question: Callable[[], T]) -> T:
        answer = question()
        if self.times > 0:
            self.times -= 1
            raise ProviderUnavailable
        return answer


@define(eq=False)
class Refusing(_Wrapped):
    """The provider refuses ``times`` times to do what ``refused`` names."""

    refused: tuple[str, ...] = ("open_checkout",)
    refusal: Callable[[], DomainError] = ProviderRejected
    times: int = 99

    def _asked(self, name: str, question: Callable[[], T]) -> T:
        if name in self.refused and self.times > 0:
            self.times -= 1
            raise self.refusal()
        return question()


@define(eq=False)
class WithoutCustomers(_Wrapped):
    """Every customer was deleted at the provider: checkouts are opened without the one that they name."""

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:
        """The checkout, and that the named customer is gone."""
        return evolve(self.good.open_checkout(session, buyer), customer_is_gone=session.customer_id is not None)


@define(eq=False)
class WithoutMovements(_Wrapped):
    """A provider without a list of the money that moved."""

    def movements(self, *, since: datetime, until: datetime) -> None:
        """No list."""
        return


@define(eq=False)
class NamesNoRefunds(_Wrapped):
    """A provider that cannot say which refunds we asked for."""

    def payment_state(self, session: PaymentSession) -> PaymentState:
        """The payment, with refunds of unknown origin."""
        state = self.good.payment_state(session)
        unnamed = tuple(evolve(one, refund_id=None, origin_known=False) for one in state.refunds)
        return evolve(state, refunds=unnamed)


@define(eq=False)
class StaysOpen(_Wrapped):
    """A provider that does not close checkouts, and says so."""

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """The checkout as it is."""
        return self.good.look_up(session)


@define(eq=False)
class Overtaken(_Wrapped):
    """After the provider did what ``on`` names, before its answer arrives, something else happens: ``times`` times."""

    meanwhile: Callable[[], object]
    on: str = "open_checkout"
    times: int = 1

    def _asked(self, name: str, question: Callable[[], T]) -> T:
        answer = question()
        if name == self.on and self.times > 0:
            self.times -= 1
            self.meanwhile()
        return answer


@define(eq=False)
class WhileAsked(_Wrapped):
    """While it is asked which session a payment names, something else happens."""

    meanwhile: Callable[[], object]

    def find_session_of(self, report: ReversalReported) -> SessionReference | None:
        """Something else happens; then the answer."""
        self.meanwhile()
        return self.good.find_session_of(report)


@define(eq=False)
class Interrupted(UnitOfWork):
    """Before each of the first commits, somebody else is faster: the next of ``meanwhile`` happens."""

    good: UnitOfWork
    meanwhile: list[Callable[[], object]]

    def commit(self, writes: tuple[Write, ...]) -> None:
        """Somebody is faster; then commit."""
        if self.meanwhile:
            self.meanwhile.pop(0)()
        self.good.commit(writes)


@define(eq=False)
class Followed(UnitOfWork):
    """After each of the first commits something else happens, before whoever committed goes on: the next of
    ``meanwhile``.
    """

    good: UnitOfWork
    meanwhile: list[Callable[[], object]]

    def commit(self, writes: tuple[Write, ...]) -> None:
        """Commit; then something happens."""
        self.good.commit(writes)
        if self.meanwhile:
            self.meanwhile.pop(0)()


@define(eq=False)
class Failing(UnitOfWork):
    """The first ``times`` commits fail with what ``failure`` makes; ``after`` they were made, or before."""

    good: UnitOfWork
    times: int = 1
    failure: Callable[[], Exception] = StorageUnavailable
    after: bool = False
    attempts: int = field(default=0, init=False)

    def commit(self, writes: tuple[Write, ...]) -> None:
        """Commit, or fail."""
        self.attempts += 1
        fails = self.attempts <= self.times
        if not fails or self.after:
            self.good.commit(writes)
        if fails:
            raise self.failure()


@define(eq=False)
class Gathering(UnitOfWork):
    """Every thread waits before its first commit until all have read what they decide on: the worst race."""

    good: UnitOfWork
    barrier: threading.Barrier
    _mine: threading.local = field(factory=threading.local, init=False)

    def commit(self, writes: tuple[Write, ...]) -> None:
        """Wait for the others the first time; then commit."""
        if not getattr(self._mine, "waited", False):
            self._mine.waited = True
            self.barrier.wait(timeout=60)
        self.good.commit(writes)


@define(eq=False)
class FullQueue(EventQueue):
    """Takes nothing."""

    def send(self, event: ProviderEvent) -> None:
        """Refuse."""
        raise QueueUnavailable
