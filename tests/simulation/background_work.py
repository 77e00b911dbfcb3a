"""What background do on a bad day: webhooks, the queue and its workers, the clock's runs."""

from __future__ import annotations

from datetime import timedelta

from domain.payments.events import (
    CheckoutFree,
    CheckoutPaid,
    EventKind,
    IgnoredEvent,
    PaymentDeclined,
    PaymentEvent,
    ProviderEvent,
    ReversalReported,
)
from domain.payments.session import PaymentSession
from domain.payments.states import PAID, Status
from domain.use_cases.schedule.prove_ledger import LedgerProof
from tests.simulation.checkout_events import PROVIDER
from tests.simulation.gateway import SIGNED
from tests.simulation.provider import Event
from tests.simulation.school import School
from tests.simulation.world import Task, require

WORKER = timedelta(seconds=60)
SCHEDULED = timedelta(seconds=240)
TIME_BUDGET = timedelta(seconds=200)
SHORT_TIME_BUDGET = timedelta(milliseconds=300)
"""Enough for a session or two."""

MOST_RECEIVES = 5


class Message:
    """A message in the queue, and how often it was handed out."""

    def __init__(self, event: ProviderEvent) -> None:
        self.event = event
        self.receives = 0


class BackgroundWork:
    """Whatever runs without a student. Methods that return a task only make it; ``begin`` it or run it alone."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.world = school.world
        self.messages: list[Message] = []
        self.dead_letters: list[Message] = []
        self.proofs: dict[str, LedgerProof] = {}
        self.early_end_rate = 0.0
        """How likely a scheduled run ends before it has reconciled everything."""

    def deliver(self) -> None:
        """A webhook message comes: any that is on its way, late, again, or out of order."""
        if self.school.provider.to_deliver:
            self.world.begin(self.webhook(self.world.pick(self.school.provider.to_deliver)))

    def webhook(self, event: Event) -> Task:
        """The webhook takes this event."""
        on_their_way = self.school.provider.to_deliver

        def action() -> None:
            known = self._past_of(event)
            self.school.use_cases.receive(event.message.provider, str(event.number).encode(), {"signature": SIGNED})
            self._require_settled_or_queued(event, known)
            event.delivered = True
            if event in on_their_way and not self.world.chance(0.15):
                on_their_way.remove(event)

        return self.school.task("webhook", action)

    def _past_of(self, delivery: Event) -> int:
        """How many states the reversal has been in that a report is about."""
        event = delivery.message
        named = event.provider_reversal_id if isinstance(event, ReversalReported) else None
        return len(self.school.provider.bank.past.get(named or "", ()))

    def _require_settled_or_queued(self, delivery: Event, known: int) -> None:
        """What was acknowledged is settled or waits in the queue, for nobody sends it again."""
        event = delivery.message
        if isinstance(event, IgnoredEvent):
            return
        if isinstance(event, ReversalReported):
            self._require_synced_or_queued(event, known)
            return
        sessions = self.school.store.sessions
        session = sessions.get((event.user_id, event.payment_session_id))
        concerned = [one for one in sessions.values() if _is_about(event, one)]
        if session is not None and any(_settled(one, event) for one in (session, *concerned)):
            return
        require(self._is_kept(event), "acknowledged, and neither settled nor kept", event, session)

    def _require_synced_or_queued(self, report: ReversalReported, known: int) -> None:
        """A report that was acknowledged waits in the queue, or what it is about is stored as it was when the report
        came or later, or its payment has no session of ours.
        """
        store = self.school.store
        concerned = [
            one
            for one in store.sessions.values()
            if one.provider_payment_id == report.provider_payment_id and one.status in PAID and one.received is not None
        ]
        since = self.school.provider.bank.past.get(report.provider_reversal_id or "", [])[known - 1 :]
        stored = [one for one in store.reversals.values() if one.provider_reversal_id == report.provider_reversal_id]
        synced = any((one.status, one.counted) in since for one in stored)
        excused = not concerned or self.school.invariants.restored
        require(synced or excused or self._is_kept(report), "acknowledged, and neither synced nor kept", report, stored)

    def _is_kept(self, event: ProviderEvent) -> bool:
        waiting = any(sent is event for sent in self.school.use_cases.queue.waiting)
        return waiting or any(message.event is event for message in (*self.messages, *self.dead_letters))

    def forge(self) -> None:
        """Somebody who is not the provider sends a message."""
        events = self.school.provider.events
        event = self.world.pick(events) if events else None
        name, body = (event.message.provider, str(event.number).encode()) if event else (PROVIDER, b"1")
        action = self.school.use_cases.receive
        self.world.begin(self.school.task("forgery", lambda: action(name, body, {}), forged=True))

    def poll(self) -> None:
        """The queue hands a message to a worker, perhaps one that another has already."""
        self.collect()
        if self.messages:
            self.world.begin(self.worker(self.world.pick(self.messages)))

    def collect(self) -> None:
        """Sort what was sent into the queue."""
        self.messages += [Message(event) for event in self.school.use_cases.queue.take()]

    def worker(self, message: Message) -> Task:
        """A worker takes the message; handed out once too often, it is a dead letter."""
        message.receives += 1
        if message.receives >= MOST_RECEIVES and message in self.messages:
            self.messages.remove(message)
            self.dead_letters.append(message)

        def action() -> None:
            self.school.use_cases.process(message.event)
            if not self.world.chance(0.1):
                self.forget(message)

        return self.school.task("queue", action, WORKER)

    def forget(self, message: Message) -> None:
        """The message is done."""
        for place in (self.messages, self.dead_letters):
            if message in place:
                place.remove(message)

    def redrive(self) -> None:
        """Somebody puts the dead letters back."""
        for message in self.dead_letters:
            message.receives = 0
        self.messages += self.dead_letters
        self.dead_letters = []

    def reconcile(self) -> Task:
        """The reconciler: every live session that is due."""
        time_budget = SHORT_TIME_BUDGET if self.world.chance(self.early_end_rate) else TIME_BUDGET
        return self.school.task(
            "reconcile", lambda: self.school.use_cases.reconcile(time_budget=time_budget), SCHEDULED
        )

    def catch_up(self) -> None:
        """The daily comparison with each provider's record begins."""
        for name in self.school.provider.names:
            self.world.begin(self.catch_up_with(name))

    def catch_up_with(self, name: str) -> Task:
        """The daily comparison with this provider's record."""
        return self.school.task("catch up", lambda: self.school.use_cases.catch_up(name), SCHEDULED)

    def prove(self) -> None:
        """The nightly proof of the ledger begins, for each provider."""
        for name in self.school.provider.names:
            self.world.begin(self.prove_with(name))

    def prove_with(self, name: str) -> Task:
        """The nightly proof of the ledger with this provider's movements."""

        def action() -> None:
            self.proofs[name] = self.school.use_cases.prove(name)

        return self.school.task("prove ledger", action, SCHEDULED)

    def catch_up_alone(self) -> None:
        """The daily comparison with each provider's record, and nobody else at work."""
        for name in self.school.provider.names:
            self.world.run_alone(self.catch_up_with(name))

    def prove_alone(self) -> None:
        """The nightly proof for each provider, and nobody else at work."""
        for name in self.school.provider.names:
            self.world.run_alone(self.prove_with(name))

    def recount(self) -> Task:
        """The nightly count."""
        return self.school.task("recount", self.school.use_cases.recount, SCHEDULED)


def _is_about(event: PaymentEvent, session: PaymentSession) -> bool:
    if isinstance(event, CheckoutPaid) and event.provider_payment_id is not None:
        return session.provider_payment_id == event.provider_payment_id
    return session.provider_session_id == event.provider_session_id


def _settled(session: PaymentSession, event: PaymentEvent) -> bool:
    if isinstance(event, CheckoutPaid | CheckoutFree):
        unattached = event.provider_session_id is None and session.provider_session_id is None
        # No money that anybody would have to know of. What another provider reports has metadata that were changed, and
        # whose checkout it was is asked for where it was sold.
        elsewhere = event.provider != session.provider
        free = isinstance(event, CheckoutFree) and (session.status in PAID or elsewhere)
        return unattached or free or (session.status in PAID and session.is_same_payment(event))
    if session.is_other_checkout(event):
        return True
    if isinstance(event, PaymentDeclined):
        return not session.is_live or session.decline_code == event.decline_code
    match event.kind:
        case EventKind.APPROVED:
            return True  # captured or lapsed: what holds then is checked wherever a session changes, and at the end
        case EventKind.PENDING:
            return session.status not in (Status.CREATING, Status.OPEN)
        case _:
            return not session.is_live
