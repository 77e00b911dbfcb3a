"""Two months of a busy school in memory: payments, refunds, disputes and fees, with duplicates and crashes.

Everything goes through the transactions of the product. What happened outside, at the provider, is counted here by
hand, so that ledger and figures can be held to it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import evolve

from adapters.memory.clock import MemoryClock
from adapters.memory.figures import MemoryCheckoutHistory, MemoryFiguresRepo
from adapters.memory.ledger import MemoryLedgerRepo
from adapters.memory.store import CouponUse, Store
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.coupons import HeldCoupon
from domain.ledger import EntryKind, LedgerEntry, SchoolCalendar
from domain.money import Money
from domain.paging import Page
from domain.payment_sync import StoredPayment, SyncPolicy, next_step
from domain.payments.reversals import DisputeState, DisputeStatus, PaymentState, RefundState, RefundStatus, Reversal
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.ledger import LedgerRepo
from domain.pricing import Quote
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.payments import fulfil, without_failed_attachments
from domain.use_cases.office.show_figures import ShowFigures
from domain.use_cases.schedule.close_days import CloseDays
from tests.support.factories import PROVIDER, a_session, a_student, paid

BEGIN = datetime(2026, 2, 28, 12, tzinfo=UTC)
DAYS = 60
ZONE = ZoneInfo("Europe/Berlin")
COURSES = tuple(f"course-{number}" for number in range(7))
CURRENCIES = ("usd", "usd", "usd", "eur")


class DatedLedger(LedgerRepo):
    """The ledger of the store with its entries by day: a scan for every night would be what takes the time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.days: dict[date, list[LedgerEntry]] = {}
        self.seen = 0

    def sale(self, provider: str, provider_payment_id: str) -> LedgerEntry | None:
        """The sale of a payment."""
        return self.store.ledger.get((provider, provider_payment_id, "SALE"))

    def of_payment(self, provider: str, provider_payment_id: str) -> tuple[LedgerEntry, ...]:
        """The entries of a payment."""
        return MemoryLedgerRepo(self.store).of_payment(provider, provider_payment_id)

    def booked(self, *, since: date, until: date) -> Iterator[LedgerEntry]:
        """The entries of these days."""
        entries = list(self.store.ledger.values())
        for entry in entries[self.seen :]:
            self.days.setdefault(entry.booked_on, []).append(entry)
        self.seen = len(entries)
        for day in sorted(self.days):
            if since <= day <= until:
                yield from self.days[day]

    def page(self, *, since: date, until: date, limit: int, cursor: str | None) -> Page[LedgerEntry]:
        """Everything of these days at once."""
        return Page(tuple(self.booked(since=since, until=until)), None)

    def add(self, entry: LedgerEntry) -> bool:
        """Book a fee, once."""
        key = (entry.provider, entry.provider_payment_id, entry.entry_id)
        return self.store.ledger.setdefault(key, entry) is entry


class Replay:
    """``payments`` payments, spread over two months, and what became of them."""

    def __init__(self, payments: int, seed: int = 1) -> None:
        self.payments = payments
        self.random = random.Random(seed)
        self.store, self.clock = Store(), MemoryClock(BEGIN)
        self.unit_of_work = MemoryUnitOfWork(self.store)
        self.policy = SyncPolicy(calendar=SchoolCalendar(ZONE))
        self.ledger = DatedLedger(self.store)
        self.figures = MemoryFiguresRepo(self.store)
        self.history = MemoryCheckoutHistory(self.store)
        self.provider: Counter[tuple[str, str]] = Counter()
        """What happened at the provider, by currency and word: received, refunded, disputed, fees."""
        self.lost: list[Callable[[], None]] = []
        """What a crash has left to be repeated on a later day."""
        self.states: dict[str, PaymentState] = {}
        self.crashes = self.duplicates = 0

    def run(self, each_night: Callable[[date], None]) -> None:
        """Everything, with the nightly closing of days and ``each_night`` after it."""
        for night in range(DAYS):
            for _ in range(self.payments // DAYS):
                self.clock.advance(timedelta(days=1) / (self.payments // DAYS + 1))
                self._pay()
                if self.random.random() < 0.2:
                    self._something_goes_back()
            lost, self.lost = self.lost, []
            for repeat in lost:
                repeat()
            self.clock.at = BEGIN + timedelta(days=night + 1)
            self.close()
            each_night(self.policy.calendar.date_of(self.clock.now()))
        for repeat in self.lost:
            repeat()
        self.clock.advance(timedelta(days=2))
        self.close()

    def close(self) -> None:
        """The nightly closing of days."""
        CloseDays(
            ledger=self.ledger,
            history=self.history,
            figures=self.figures,
            clock=self.clock,
            telemetry=MemoryTelemetry(),
            policy=self.policy,
        )()

    def show(self) -> ShowFigures:
        """The office's report."""
        return ShowFigures(
            ledger=self.ledger,
            history=self.history,
            figures=self.figures,
            clock=self.clock,
            policy=self.policy,
        )

    # -- what happens --------------------------------------------------------------------------------------------------

    def _pay(self) -> None:
        number, now = len(self.states), self.clock.now()
        currency = self.random.choice(CURRENCIES)
        price = Money(self.random.randrange(1_000, 50_000), currency)
        coupon = f"CODE{number % 5}" if self.random.random() < 0.3 else None
        discount = price.amount // 10 if coupon else 0
        session = a_session(
            payment_session_id=f"ps_{number}",
            user_id=f"user-{number}",
            course_id=self.random.choice(COURSES),
            quote=Quote(list_price=price, discount=discount),
            coupon=HeldCoupon(code=coupon, shard=0, counted=False, sharded=False) if coupon else None,
            status=Status.OPEN,
            provider_session_id=f"cs_{number}",
            created_at=now,
            updated_at=now,
        )
        received = session.total
        self.store.sessions[session.user_id, session.payment_session_id] = session
        self.store.checkout_locks[session.user_id, session.course_id] = session.payment_session_id
        if coupon:
            use = CouponUse(payment_session_id=session.payment_session_id, shard=0, redeemed=False)
            self.store.coupon_uses[session.user_id, coupon] = use
        self.store.students[session.user_id] = a_student(user_id=session.user_id)
        self.states[session.payment_session_id] = PaymentState(
            provider_payment_id=f"pi_{number}",
            received=received.amount,
            currency=currency,
            livemode=session.livemode,
        )
        self.provider[currency, "received"] += received.amount
        self._unreliably(lambda: self._settle(session))

    def _unreliably(self, deliver: Callable[[], None]) -> None:
        """A report arrives, twice, or only on a later day because whoever heard it crashed before or after writing."""
        luck = self.random.random()
        if luck < 0.02:
            self.crashes += 1
            self.lost.append(deliver)
            return
        deliver()
        if luck < 0.12:
            self.duplicates += 1
            deliver()
        elif luck < 0.14:
            self.crashes += 1
            self.lost.append(deliver)

    def _settle(self, session: PaymentSession) -> None:
        now = self.clock.now()
        event = paid(session, provider_payment_id=self.states[session.payment_session_id].provider_payment_id)
        completed = session.completed(event, now)
        try:
            self.unit_of_work.commit(fulfil(session, completed, event, self.policy.calendar))
        except TransactionConflict:
            assert self.store.sessions[session.user_id, session.payment_session_id].received is not None
        self._fee(session)

    def _fee(self, session: PaymentSession) -> None:
        """The nightly proof sees the movement, and sees it again the night after."""
        state = self.states[session.payment_session_id]
        fee = 30 + state.received * 29 // 1000
        sale = self.ledger.sale(PROVIDER, state.provider_payment_id)
        assert sale is not None
        now = self.clock.now()
        entry = evolve(
            sale,
            entry_id=f"FEE#txn_{session.payment_session_id}",
            kind=EntryKind.FEE,
            amount=-fee,
            list_amount=None,
            discount_amount=None,
            booked_on=self.policy.calendar.date_of(now),
            recorded_at=now,
            seat=0,
        )
        if self.ledger.add(entry):
            self.provider[state.currency, "fees"] += fee

    def _something_goes_back(self) -> None:
        """A refund, whole or in part; one that fails; a dispute, and what becomes of it."""
        session_id = f"ps_{self.random.randrange(len(self.states))}"
        state = self.states[session_id]
        counted = sum(one.counted for one in state.refunds) + sum(one.withdrawn for one in state.disputes)
        left = state.received - counted
        luck = self.random.random()
        if luck < 0.25 and any(one.status is RefundStatus.SUCCEEDED for one in state.refunds):
            failing = next(one for one in state.refunds if one.status is RefundStatus.SUCCEEDED)
            self.provider[state.currency, "refunded"] -= failing.amount
            failed = evolve(failing, status=RefundStatus.FAILED)
            state = evolve(state, refunds=tuple(failed if one is failing else one for one in state.refunds))
        elif luck < 0.75 and left > 0 and not state.disputes:
            amount = left if self.random.random() < 0.5 else max(1, left // 3)
            refund = RefundState(
                provider_reversal_id=f"re_{session_id}_{len(state.refunds)}",
                status=RefundStatus.SUCCEEDED,
                amount=amount,
                currency=state.currency,
                refund_id=None,
                origin_known=True,
            )
            self.provider[state.currency, "refunded"] += amount
            state = evolve(state, refunds=(*state.refunds, refund))
        elif not state.disputes and left > 0:
            dispute = DisputeState(
                provider_reversal_id=f"du_{session_id}",
                status=DisputeStatus.OPEN,
                amount=left,
                withdrawn=left,
                currency=state.currency,
            )
            self.provider[state.currency, "disputed"] += left
            state = evolve(state, disputes=(dispute,))
        elif state.disputes and state.disputes[0].status is DisputeStatus.OPEN:
            [dispute] = state.disputes
            won = self.random.random() < 0.5
            self.provider[state.currency, "disputed"] -= dispute.withdrawn if won else 0
            decided = evolve(
                dispute,
                status=DisputeStatus.WON if won else DisputeStatus.LOST,
                withdrawn=0 if won else dispute.withdrawn,
            )
            state = evolve(state, disputes=(decided,))
        self.states[session_id] = state
        self._unreliably(lambda: self._sync(session_id))

    def _sync(self, session_id: str) -> None:
        """What is stored becomes what the provider says now; of a payment not settled yet, later."""
        key = (f"user-{session_id.removeprefix('ps_')}", session_id)
        while True:
            session = self.store.sessions[key]
            if session.status is Status.OPEN:
                self.lost.append(lambda: self._sync(session_id))
                return
            place = (session.user_id, session.course_id)
            stored = StoredPayment(
                session=session,
                reversals=self._reversals(session),
                enrollment=self.store.enrollments.get(place),
                ended=self.store.ended.get(place),
            )
            step = next_step(stored, self.states[session_id], self.policy, self.clock.now())
            if step is None:
                return
            try:
                self.unit_of_work.commit(step.writes)
            except (
                TransactionConflict
            ) as conflict:  # the coupon's use was given back by an earlier refund, which failed
                self.unit_of_work.commit(without_failed_attachments(step.writes, conflict.writes))

    def _reversals(self, session: PaymentSession) -> tuple[Reversal, ...]:
        state = self.states[session.payment_session_id]
        ids = [one.provider_reversal_id for one in state.refunds]
        ids += [one.provider_reversal_id for one in state.disputes]
        keys = [(session.user_id, session.payment_session_id, one) for one in ids]
        return tuple(self.store.reversals[key] for key in keys if key in self.store.reversals)
