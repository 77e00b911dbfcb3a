"""The in-memory adapters behind a hostile wire: calls are delayed, lost, cut off, or served from a stale index."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime

from greenlet import getcurrent

from adapters.memory.coupons import MemoryCouponRepo
from adapters.memory.enrollments import MemoryEnrollmentRepo
from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.ledger import MemoryLedgerRepo
from adapters.memory.payment_sessions import MemoryPaymentSessionRepo
from adapters.memory.reversals import MemoryReversalRepo
from adapters.memory.sign_ins import MemorySignIns
from adapters.memory.store import Store
from adapters.memory.student_histories import MemoryStudentHistoryRepo
from adapters.memory.students import MemoryStudentRepo
from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.coupons import Coupon
from domain.enrollment_requests import EnrollmentContext
from domain.enrollments import EndedEnrollment, Enrollment
from domain.errors import QueueUnavailable, SignInsUnavailable, StorageUnavailable
from domain.ledger import LedgerEntry, SchoolCalendar
from domain.paging import Page
from domain.payments.events import ProviderEvent
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.ports.backoff import Backoff
from domain.ports.clock import Clock
from domain.ports.coupons import CouponCounter, CouponRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_sessions import PaymentQuery, PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.sign_ins import SignIns
from domain.ports.student_histories import StudentHistory, StudentHistoryRepo
from domain.ports.students import StudentRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.students import Student
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import ChangeCoupon, Write
from tests.simulation.world import Late, Task, World, require


class SimulatedClock(Clock):
    """The world's time, as the machine of the task that asks has it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def now(self) -> datetime:
        """The time."""
        task = getcurrent()
        skew = task.skew if isinstance(task, Task) else None
        return self.world.now if skew is None else self.world.now + skew


class SimulatedBackoff(Backoff):
    """Lets others run."""

    def __init__(self, world: World) -> None:
        self.world = world

    def pause(self, attempt: int) -> None:
        """Wait a turn."""
        self.world.switch("pause")


class _Storage:
    def __init__(self, world: World, store: Store) -> None:
        self.world = world

    def _read(self, what: str, key: object) -> None:
        if fault := self.world.enter(what, StorageUnavailable, key):
            raise fault


class SimulatedEnrollments(_Storage, EnrollmentRepo):
    """Enrollments."""

    def __init__(self, world: World, store: Store) -> None:
        super().__init__(world, store)
        self.good = MemoryEnrollmentRepo(store)

    def find(self, user_id: str, course_id: str) -> Enrollment | None:
        """As the adapter."""
        self._read("find enrollment", (user_id, course_id))
        return self.good.find(user_id, course_id)

    def ended(self, user_id: str, course_id: str) -> EndedEnrollment | None:
        """As the adapter."""
        self._read("find ended", (user_id, course_id))
        return self.good.ended(user_id, course_id)

    def earlier_ended(self, user_id: str, course_id: str) -> tuple[EndedEnrollment, ...]:
        """As the adapter."""
        self._read("find earlier ended", (user_id, course_id))
        return self.good.earlier_ended(user_id, course_id)

    def of_student(self, user_id: str) -> tuple[Enrollment, ...]:
        """As the adapter."""
        self._read("enrollments of", user_id)
        return self.good.of_student(user_id)

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[Enrollment]:
        """As the adapter."""
        self._read("list enrollments", course_id)
        return self.good.of_course(course_id, limit=limit, cursor=cursor)

    def context(self, user_id: str, course_id: str, coupon_code: str | None = None) -> EnrollmentContext:
        """As the adapter."""
        self._read("context", (user_id, course_id, coupon_code))
        return self.good.context(user_id, course_id, coupon_code)


class SimulatedStudents(_Storage, StudentRepo):
    """Students."""

    def __init__(self, world: World, store: Store) -> None:
        super().__init__(world, store)
        self.good = MemoryStudentRepo(store)

    def find(self, user_id: str) -> Student | None:
        """As the adapter."""
        self._read("find student", user_id)
        return self.good.find(user_id)

    def find_many(self, user_ids: Collection[str]) -> Mapping[str, Student]:
        """As the adapter."""
        self._read("find students", len(user_ids))
        return self.good.find_many(user_ids)

    def by_email(self, email: str) -> tuple[Student, ...]:
        """As the adapter."""
        self._read("students by address", None)
        return self.good.by_email(email)

    def add(self, student: Student) -> Student:
        """As the adapter."""
        fault = self.world.enter("add student", StorageUnavailable, student.user_id)
        added = self.good.add(student)
        if fault:
            raise fault
        return added

    def complete(self, student: Student) -> Student:
        """As the adapter."""
        fault = self.world.enter("complete student", StorageUnavailable, student.user_id)
        completed = self.good.complete(student)
        if fault:
            raise fault
        return completed

    def rename(self, student: Student) -> None:
        """As the adapter."""
        fault = self.world.enter("rename student", StorageUnavailable, student.user_id)
        self.good.rename(student)
        if fault:
            raise fault


class SimulatedHistories(_Storage, StudentHistoryRepo):
    """Everything about one student."""

    def __init__(self, world: World, store: Store) -> None:
        super().__init__(world, store)
        self.good = MemoryStudentHistoryRepo(store)

    def of_student(self, user_id: str) -> StudentHistory | None:
        """As the adapter."""
        self._read("history of student", user_id)
        return self.good.of_student(user_id)


class SimulatedSignIns(_Storage, SignIns):
    """Accounts to sign in with."""

    def __init__(self, world: World, store: Store) -> None:
        super().__init__(world, store)
        self.good = MemorySignIns()

    def delete(self, user_id: str) -> None:
        """As the adapter, or no answer after all."""
        fault = self.world.enter("delete sign-in", SignInsUnavailable, user_id)
        self.good.delete(user_id)
        if fault:
            raise fault


class Index:
    """What an index shows of the store: the present, or some moment before."""

    def __init__(self, world: World, store: Store) -> None:
        self.world = world
        self.store = store
        self.shown = Store()

    def refreshed(self) -> Store:
        """The store as the index shows it now."""
        if not self.world.lag or not self.world.chance(self.world.lag):
            self.shown.sessions = dict(self.store.sessions)
            self.shown.coupons = dict(self.store.coupons)
            self.shown.coupon_uses = dict(self.store.coupon_uses)
            self.shown.shard_counters = dict(self.store.shard_counters)
            self.shown.ledger = dict(self.store.ledger)
        return self.shown


class SimulatedSessions(_Storage, PaymentSessionRepo):
    """Payment sessions; what is due, in review or found by the provider's id comes from an index that lags."""

    def __init__(self, world: World, store: Store, index: Index) -> None:
        super().__init__(world, store)
        self.good = MemoryPaymentSessionRepo(store)
        self.index = index

    def find(self, user_id: str, payment_session_id: str) -> PaymentSession | None:
        """As the adapter."""
        self._read("find session", (user_id, payment_session_id))
        return self.good.find(user_id, payment_session_id)

    def find_by_provider_session(self, provider: str, provider_session_id: str) -> PaymentSession | None:
        """As the adapter."""
        self._read("find by checkout", provider_session_id)
        return self.good.find_by_provider_session(provider, provider_session_id)

    def due(self, *, before: datetime, at_most: int) -> tuple[PaymentSession, ...]:
        """As the adapter, from the index."""
        self._read("due", None)
        return MemoryPaymentSessionRepo(self.index.refreshed()).due(before=before, at_most=at_most)

    def find_any(self, payment_session_id: str) -> PaymentSession | None:
        """As the adapter, from the index."""
        self._read("find review", payment_session_id)
        return MemoryPaymentSessionRepo(self.index.refreshed()).find_any(payment_session_id)

    def reviews(self, *, limit: int, cursor: str | None = None) -> Page[PaymentSession]:
        """As the adapter, from the index."""
        self._read("a page of reviews", None)
        return MemoryPaymentSessionRepo(self.index.refreshed()).reviews(limit=limit, cursor=cursor)

    def search(self, query: PaymentQuery, *, limit: int, cursor: str | None = None) -> Page[PaymentSession]:
        """As the adapter, from the index."""
        self._read("search payments", None)
        return MemoryPaymentSessionRepo(self.index.refreshed()).search(query, limit=limit, cursor=cursor)

    def in_review(self, *, at_most: int) -> tuple[PaymentSession, ...]:
        """As the adapter, from the index."""
        self._read("in review", None)
        return MemoryPaymentSessionRepo(self.index.refreshed()).in_review(at_most=at_most)

    def count_open(self, user_id: str, *, at_most: int) -> int:
        """As the adapter."""
        self._read("count live", user_id)
        return self.good.count_open(user_id, at_most=at_most)

    def of_student(self, user_id: str) -> tuple[PaymentSession, ...]:
        """As the adapter."""
        self._read("sessions of", user_id)
        return self.good.of_student(user_id)


class SimulatedReversals(_Storage, ReversalRepo):
    """Refunds, disputes and repayments."""

    def __init__(self, world: World, store: Store) -> None:
        super().__init__(world, store)
        self.good = MemoryReversalRepo(store)

    def of_session(self, user_id: str, payment_session_id: str) -> tuple[Reversal, ...]:
        """As the adapter."""
        self._read("reversals of", payment_session_id)
        return self.good.of_session(user_id, payment_session_id)

    def find(self, user_id: str, payment_session_id: str, reversal_id: str) -> Reversal | None:
        """As the adapter."""
        self._read("find reversal", (payment_session_id, reversal_id))
        return self.good.find(user_id, payment_session_id, reversal_id)

    def undecided_disputes(self, *, limit: int, cursor: str | None = None) -> Page[Reversal]:
        """As the adapter."""
        self._read("undecided disputes", limit)
        return self.good.undecided_disputes(limit=limit, cursor=cursor)


class SimulatedLedger(_Storage, LedgerRepo):
    """The ledger; what is booked in some days comes from an index that lags."""

    def __init__(self, world: World, store: Store, index: Index) -> None:
        super().__init__(world, store)
        self.good = MemoryLedgerRepo(store)
        self.index = index

    def sale(self, provider: str, provider_payment_id: str) -> LedgerEntry | None:
        """As the adapter."""
        self._read("find sale", provider_payment_id)
        return self.good.sale(provider, provider_payment_id)

    def of_payment(self, provider: str, provider_payment_id: str) -> tuple[LedgerEntry, ...]:
        """As the adapter."""
        self._read("entries of", provider_payment_id)
        return self.good.of_payment(provider, provider_payment_id)

    def booked(self, *, since: date, until: date) -> Iterator[LedgerEntry]:
        """As the adapter, from the index."""
        self._read("booked", None)
        return MemoryLedgerRepo(self.index.refreshed()).booked(since=since, until=until)

    def page(self, *, since: date, until: date, limit: int, cursor: str | None) -> Page[LedgerEntry]:
        """As the adapter, from the index."""
        self._read("ledger page", None)
        return MemoryLedgerRepo(self.index.refreshed()).page(since=since, until=until, limit=limit, cursor=cursor)

    def add(self, entry: LedgerEntry) -> bool:
        """As the adapter."""
        fault = self.world.enter("book", StorageUnavailable, entry.entry_id)
        added = self.good.add(entry)
        if fault:
            raise fault
        return added


class SimulatedPolicy:
    """The school's settings, which somebody may change."""

    def __init__(self) -> None:
        self.access_during_dispute = True
        self.calendar = SchoolCalendar()
        self.currency = "usd"


class SimulatedCoupons(_Storage, CouponRepo):
    """Coupons; lists and counts come from an index that lags."""

    def __init__(self, world: World, store: Store, index: Index) -> None:
        super().__init__(world, store)
        self.good = MemoryCouponRepo(store)
        self.index = index

    def page(self, *, limit: int, cursor: str | None = None, listed_only: bool = False) -> Page[Coupon]:
        """As the adapter, from the index."""
        self._read("a page of coupons", None)
        return MemoryCouponRepo(self.index.refreshed()).page(limit=limit, cursor=cursor, listed_only=listed_only)

    def all(self) -> tuple[Coupon, ...]:
        """As the adapter, from the index."""
        self._read("all coupons", None)
        return MemoryCouponRepo(self.index.refreshed()).all()

    def count_uses(self, code: str) -> int:
        """As the adapter, from the index."""
        self._read("count uses", code)
        return MemoryCouponRepo(self.index.refreshed()).count_uses(code)

    def counters(self, code: str) -> tuple[CouponCounter, ...]:
        """As the adapter, from the index."""
        self._read("coupon counters", code)
        return MemoryCouponRepo(self.index.refreshed()).counters(code)

    def find(self, code: str) -> Coupon | None:
        """As the adapter."""
        self._read("find coupon", code)
        return self.good.find(code)


class SimulatedUnitOfWork(UnitOfWork):
    """Commits now, later, or not at all, and says so or not; ``check`` looks at the state after each commit."""

    def __init__(self, world: World, store: Store, check: Callable[[], None]) -> None:
        self.world = world
        self.good = MemoryUnitOfWork(store)
        self.check = check

    def commit(self, writes: tuple[Write, ...]) -> None:
        """As the adapter."""
        fault = self.world.enter("commit", StorageUnavailable, writes, late=True)
        if isinstance(fault, Late):
            self.world.postpone(lambda: self._unheard(writes))
            raise fault.then
        try:
            self._commit(writes)
        except TransactionConflict as refused:
            if self.world.trace is not None:
                self.world.note("  refused", refused.conflicts)
            if fault:
                raise fault from None
            raise
        self.check()
        if fault:
            raise fault

    def _commit(self, writes: tuple[Write, ...]) -> None:
        coupons = self.good.store.coupons
        changes = [write for write in writes if isinstance(write, ChangeCoupon)]
        before = {write.before.code: coupons.get(write.before.code) for write in changes}
        self.good.commit(writes)
        for write in changes:
            _require_nothing_undone(write, before[write.before.code], coupons[write.before.code])

    def _unheard(self, writes: tuple[Write, ...]) -> None:
        if self.world.trace is not None:
            self.world.note("late commit", writes)
        try:
            self._commit(writes)
        except TransactionConflict:
            return
        self.check()


def _require_nothing_undone(write: ChangeCoupon, before: Coupon | None, after: Coupon) -> None:
    """What somebody changed meanwhile is not set back by somebody who had not seen it."""
    for name in ("name", "active", "max_uses", "valid_until"):
        was, became = getattr(before, name), getattr(after, name)
        seen, wanted = getattr(write.before, name), getattr(write.after, name)
        require(was == became or (was == seen and became == wanted), "a change of a coupon was undone", name, write)


class SimulatedQueue(EventQueue):
    """Takes messages, or says that it did not."""

    def __init__(self, world: World, good: MemoryEventQueue) -> None:
        self.world = world
        self.good = good

    def send(self, event: ProviderEvent) -> None:
        """As the adapter."""
        fault = self.world.enter("send", QueueUnavailable, event)
        self.good.send(event)
        if fault:
            raise fault
