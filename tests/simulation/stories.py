"""Every story of the money, unmodified, over the simulated ports."""

from __future__ import annotations

from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.rate_limiter import MemoryRateLimiter
from adapters.memory.store import Store
from adapters.memory.system import MemoryIdGenerator
from domain.courses import FREE, PAID
from domain.ports.payment_gateway import Gateways
from domain.ports.telemetry import Gauge, Signal, Telemetry
from domain.services.acquaintance import MeetStudent
from domain.services.checkout import CheckoutDesk
from domain.services.repair import Repair
from domain.services.reservation import Reserve
from domain.services.settlement import Settle
from domain.services.strategies import EnrollByPayment, EnrollForFree
from domain.use_cases.cancel_payment import CancelPayment
from domain.use_cases.catch_up import CatchUp
from domain.use_cases.enroll import Enroll, Strategies
from domain.use_cases.manage_coupons import ChangeCouponTerms
from domain.use_cases.receive_event import ReceiveEvent
from domain.use_cases.reconcile import Reconcile
from domain.use_cases.record_progress import RecordProgress
from domain.use_cases.recount_coupons import RecountCoupons
from domain.use_cases.rename_student import RenameStudent
from domain.use_cases.resolve_review import ResolveReview
from domain.use_cases.show_checkout import ShowCheckout
from domain.use_cases.validate_coupon import ValidateCoupon
from tests.simulation import ports
from tests.simulation.gateway import SimulatedGateway
from tests.simulation.laws import Laws
from tests.simulation.provider import Provider
from tests.simulation.telling import PROVIDER
from tests.simulation.world import World


class CountingTelemetry(Telemetry):
    """Counts what it is told."""

    def __init__(self) -> None:
        self.counts: dict[tuple[Signal, str], int] = {}

    def tell(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Count the signal."""
        key = (signal, reason)
        self.counts[key] = self.counts.get(key, 0) + 1

    def measure(self, gauge: Gauge, value: int) -> None:
        """Let it go."""


class Stories:
    """The stories, wired as the container wires them."""

    def __init__(self, world: World, store: Store, provider: Provider, laws: Laws) -> None:
        clock, backoff, ids = ports.SimulatedClock(world), ports.SimulatedBackoff(world), MemoryIdGenerator()
        index = ports.Index(world, store)
        unit_of_work = ports.SimulatedUnitOfWork(world, store, laws.check)
        sessions = ports.SimulatedSessions(world, store, index)
        students = ports.SimulatedStudents(world, store)
        enrollments = ports.SimulatedEnrollments(world, store)
        coupons = ports.SimulatedCoupons(world, store, index)
        gateway = SimulatedGateway(world, provider)
        gateways = Gateways({PROVIDER: lambda: gateway})
        telemetry = self.telemetry = CountingTelemetry()
        queue = self.queue = MemoryEventQueue()
        meet = MeetStudent(students=students, clock=clock)
        settle = self.settle = Settle(
            sessions=sessions, unit_of_work=unit_of_work, clock=clock, backoff=backoff, telemetry=telemetry
        )
        desk = CheckoutDesk(
            sessions=sessions,
            gateways=gateways,
            unit_of_work=unit_of_work,
            settle=settle,
            clock=clock,
            telemetry=telemetry,
        )
        repair = Repair(
            sessions=sessions,
            students=students,
            gateways=gateways,
            desk=desk,
            settle=settle,
            unit_of_work=unit_of_work,
            clock=clock,
        )
        by_payment = EnrollByPayment(
            enrollments=enrollments,
            sessions=sessions,
            reserve=Reserve(unit_of_work=unit_of_work, clock=clock, ids=ids, telemetry=telemetry),
            desk=desk,
            gateways=gateways,
            clock=clock,
            provider=PROVIDER,
        )
        for_free = EnrollForFree(unit_of_work=unit_of_work, clock=clock, telemetry=telemetry)
        self.enroll = Enroll(
            enrollments=enrollments,
            students=students,
            strategies=Strategies(by_pricing_model={FREE: for_free, PAID: by_payment}),
            clock=clock,
        )
        self.receive = ReceiveEvent(
            gateways=gateways,
            settle=settle,
            queue=ports.SimulatedQueue(world, queue),
            backoff=backoff,
            telemetry=telemetry,
        )
        self.show = ShowCheckout(
            sessions=sessions, enrollments=enrollments, gateways=gateways, settle=settle, desk=desk, meet=meet
        )
        self.cancel = CancelPayment(sessions=sessions, desk=desk, unit_of_work=unit_of_work, clock=clock, meet=meet)
        self.reconcile = Reconcile(sessions=sessions, repair=repair, clock=clock, telemetry=telemetry)
        self.catch_up = CatchUp(gateways=gateways, settle=settle, clock=clock, telemetry=telemetry)
        self.recount = RecountCoupons(coupons=coupons, telemetry=telemetry)
        self.resolve = ResolveReview(sessions=sessions, unit_of_work=unit_of_work, clock=clock, telemetry=telemetry)
        self.change_coupon = ChangeCouponTerms(coupons=coupons, unit_of_work=unit_of_work)
        self.progress = RecordProgress(enrollments=enrollments, unit_of_work=unit_of_work, clock=clock)
        self.rename = RenameStudent(students=students, clock=clock)
        self.validate = ValidateCoupon(
            enrollments=enrollments,
            rate_limiter=MemoryRateLimiter(store, clock),
            clock=clock,
            telemetry=telemetry,
        )
