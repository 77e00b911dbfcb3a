"""The in-memory adapters behind a hostile wire: calls are delayed, lost, cut off, or served from a stale index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from greenlet import getcurrent

from adapters.memory.coupons import MemoryCouponRepo
from adapters.memory.enrollments import MemoryEnrollmentRepo
from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.payment_sessions import MemoryPaymentSessionRepo
from adapters.memory.store import Store
from adapters.memory.students import MemoryStudentRepo
from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.coupons import Coupon
from domain.enrollment_requests import EnrollmentContext
from domain.enrollments import Enrollment
from domain.errors import QueueUnavailable, StorageUnavailable
from domain.payments.events import PaymentEvent
from domain.payments.session import PaymentSession
from domain.ports.backoff import Backoff
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.enrollments import EnrollmentPage, EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.students import StudentRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.students import Student
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import Write
from tests.simulation.world import Late, Task, World


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

    def of_student(self, user_id: str) -> tuple[Enrollment, ...]:
        """As the adapter."""
        self._read("enrollments of", user_id)
        return self.good.of_student(user_id)

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> EnrollmentPage:
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

    def add(self, student: Student) -> Student:
        """As the adapter."""
        fault = self.world.enter("add student", StorageUnavailable, student.user_id)
        added = self.good.add(student)
        if fault:
            raise fault
        return added

    def rename(self, student: Student) -> None:
        """As the adapter."""
        fault = self.world.enter("rename student", StorageUnavailable, student.user_id)
        self.good.rename(student)
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

    def find_review(self, payment_session_id: str) -> PaymentSession | None:
        """As the adapter, from the index."""
        self._read("find review", payment_session_id)
        return MemoryPaymentSessionRepo(self.index.refreshed()).find_review(payment_session_id)

    def in_review(self, *, at_most: int) -> tuple[PaymentSession, ...]:
        """As the adapter, from the index."""
        self._read("in review", None)
        return MemoryPaymentSessionRepo(self.index.refreshed()).in_review(at_most=at_most)

    def count_live(self, user_id: str, *, at_most: int) -> int:
        """As the adapter."""
        self._read("count live", user_id)
        return self.good.count_live(user_id, at_most=at_most)

    def of_student(self, user_id: str) -> tuple[PaymentSession, ...]:
        """As the adapter."""
        self._read("sessions of", user_id)
        return self.good.of_student(user_id)


class SimulatedCoupons(_Storage, CouponRepo):
    """Coupons; lists and counts come from an index that lags."""

    def __init__(self, world: World, store: Store, index: Index) -> None:
        super().__init__(world, store)
        self.good = MemoryCouponRepo(store)
        self.index = index

    def listed(self) -> tuple[Coupon, ...]:
        """As the adapter, from the index."""
        self._read("listed coupons", None)
        return MemoryCouponRepo(self.index.refreshed()).listed()

    def all(self) -> tuple[Coupon, ...]:
        """As the adapter, from the index."""
        self._read("all coupons", None)
        return MemoryCouponRepo(self.index.refreshed()).all()

    def count_uses(self, code: str) -> int:
        """As the adapter, from the index."""
        self._read("count uses", code)
        return MemoryCouponRepo(self.index.refreshed()).count_uses(code)

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
            self.good.commit(writes)
        except TransactionConflict as refused:
            if self.world.trace is not None:
                self.world.note("  refused", refused.conflicts)
            if fault:
                raise fault from None
            raise
        self.check()
        if fault:
            raise fault

    def _unheard(self, writes: tuple[Write, ...]) -> None:
        if self.world.trace is not None:
            self.world.note("late commit", writes)
        try:
            self.good.commit(writes)
        except TransactionConflict:
            return
        self.check()


class SimulatedQueue(EventQueue):
    """Takes messages, or says that it did not."""

    def __init__(self, world: World, good: MemoryEventQueue) -> None:
        self.world = world
        self.good = good

    def send(self, event: PaymentEvent) -> None:
        """As the adapter."""
        fault = self.world.enter("send", QueueUnavailable, event)
        self.good.send(event)
        if fault:
            raise fault
