"""Every use case of the money, unmodified and wired by the container, over the simulated ports."""

from __future__ import annotations

from collections.abc import Callable

from adapters.memory.courses import MemoryCourseRepo
from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.identifiers import MemoryIdGenerator
from adapters.memory.store import Store
from domain.ports.backoff import Backoff
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.identifiers import IdGenerator
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Gauge, Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.settle_payment import SettlePayment
from domain.use_cases.office.manage_coupons import ChangeCouponTerms
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.provider.receive_event import ReceiveEvent
from domain.use_cases.schedule.catch_up import CatchUp
from domain.use_cases.schedule.reconcile import Reconcile
from domain.use_cases.schedule.recount_coupons import RecountCoupons
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.record_progress import RecordProgress
from domain.use_cases.student.rename_student import RenameStudent
from domain.use_cases.student.show_checkout import ShowCheckout
from domain.use_cases.student.validate_coupon import ValidateCoupon
from tests.simulation import ports
from tests.simulation.checkout_events import PROVIDER
from tests.simulation.gateway import SimulatedGateway
from tests.simulation.provider import Provider
from tests.simulation.world import World
from tests.support.wiring import WiredUseCases


class CountingTelemetry(Telemetry):
    """Counts the signals."""

    def __init__(self) -> None:
        self.counts: dict[tuple[Signal, str], int] = {}

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Count the signal."""
        key = (signal, reason)
        self.counts[key] = self.counts.get(key, 0) + 1

    def measure(self, gauge: Gauge, value: int) -> None:
        """Ignore the gauge."""


class UseCases:
    """The use cases that the simulation runs."""

    def __init__(self, world: World, store: Store, provider: Provider, check: Callable[[], None]) -> None:
        index, gateway = ports.Index(world, store), SimulatedGateway(world, provider)
        self.queue = MemoryEventQueue()
        resolve = WiredUseCases(
            {
                Backoff: ports.SimulatedBackoff(world),
                Clock: ports.SimulatedClock(world),
                CouponRepo: ports.SimulatedCoupons(world, store, index),
                CourseRepo: MemoryCourseRepo(store),
                EnrollmentRepo: ports.SimulatedEnrollments(world, store),
                EventQueue: ports.SimulatedQueue(world, self.queue),
                Gateways: Gateways({PROVIDER: lambda: gateway}),
                IdGenerator: MemoryIdGenerator(),
                PaymentSessionRepo: ports.SimulatedSessions(world, store, index),
                StudentRepo: ports.SimulatedStudents(world, store),
                Telemetry: CountingTelemetry(),
                UnitOfWork: ports.SimulatedUnitOfWork(world, store, check),
            }
        ).resolve
        self.settle = resolve(SettlePayment)
        self.enroll = resolve(Enroll)
        self.receive = resolve(ReceiveEvent)
        self.show = resolve(ShowCheckout)
        self.cancel = resolve(CancelPayment)
        self.reconcile = resolve(Reconcile)
        self.catch_up = resolve(CatchUp)
        self.recount = resolve(RecountCoupons)
        self.resolve = resolve(ResolveReview)
        self.change_coupon = resolve(ChangeCouponTerms)
        self.progress = resolve(RecordProgress)
        self.rename = resolve(RenameStudent)
        self.validate = resolve(ValidateCoupon)
