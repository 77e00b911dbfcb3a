"""Every use case of the money, unmodified and wired by the container, over the simulated ports."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from adapters.memory.certificates import MemoryCertificateRepo
from adapters.memory.courses import MemoryCourseRepo
from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.identifiers import MemoryIdGenerator
from adapters.memory.interest import MemoryInterestRepo
from adapters.memory.invitations import MemoryInvitationRepo
from adapters.memory.school import MemorySchoolRepo
from adapters.memory.seats import MemorySeatClaimRepo
from adapters.memory.store import Store
from domain.payment_sync import SyncPolicy
from domain.payments.session import PaymentSession
from domain.ports.backoff import Backoff
from domain.ports.certificates import CertificateRepo
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.identifiers import IdGenerator
from domain.ports.interest import InterestRepo
from domain.ports.invitations import InvitationRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.school import SchoolRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.sign_ins import SignIns
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Gauge, Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.process_event import ProcessEvent
from domain.services.refund_payment import RefundPayment
from domain.services.seating import SeatingUnitOfWork
from domain.services.sync_payment import SyncPayment
from domain.use_cases.office.manage_coupons import ChangeCouponTerms
from domain.use_cases.office.manage_enrollments import (
    GrantEnrollment,
    LiftBar,
    ReinstateEnrollment,
    RevokeEnrollment,
)
from domain.use_cases.office.manage_seats import RecountSeats, SetCapacity
from domain.use_cases.office.rebuild_payments import RebuildPayments
from domain.use_cases.office.record_repayment import RecordRepayment
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.provider.receive_event import ReceiveEvent
from domain.use_cases.schedule.catch_up import CatchUp
from domain.use_cases.schedule.offer_seats import OfferSeats
from domain.use_cases.schedule.prove_ledger import ProveLedger
from domain.use_cases.schedule.reconcile import Reconcile
from domain.use_cases.schedule.recount_coupons import RecountCoupons
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.erase_student import EraseStudent
from domain.use_cases.student.record_progress import RecordProgress
from domain.use_cases.student.rename_student import RenameStudent
from domain.use_cases.student.show_checkout import ShowCheckout
from domain.use_cases.student.validate_coupon import ValidateCoupon
from domain.use_cases.student.wait_for_seat import JoinLine, LeaveLine
from tests.simulation import ports
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

    def __init__(
        self,
        world: World,
        store: Store,
        provider: Provider,
        check: Callable[[], None],
        on_money: Callable[[PaymentSession], None],
    ) -> None:
        index = ports.Index(world, store)
        self.queue, self.policy, ids = MemoryEventQueue(), ports.SimulatedPolicy(), MemoryIdGenerator()
        clock, telemetry = ports.SimulatedClock(world), CountingTelemetry()
        sessions = ports.SimulatedSessions(world, store, index)
        ledger = ports.SimulatedLedger(world, store, index)
        coupons = ports.SimulatedCoupons(world, store, index)
        courses, students = MemoryCourseRepo(store), ports.SimulatedStudents(world, store)
        unit_of_work = SeatingUnitOfWork(
            plain=ports.SimulatedUnitOfWork(world, store, check), clock=clock, ids=ids, telemetry=telemetry
        )
        self.sign_ins = ports.SimulatedSignIns(world, store)
        gateways = Gateways(
            {name: partial(SimulatedGateway, name, world, provider, on_money) for name in provider.names}
        )
        resolve = WiredUseCases(
            {
                Backoff: ports.SimulatedBackoff(world),
                Clock: clock,
                CouponRepo: coupons,
                CourseRepo: courses,
                EnrollmentRepo: ports.SimulatedEnrollments(world, store),
                EventQueue: ports.SimulatedQueue(world, self.queue),
                Gateways: gateways,
                IdGenerator: ids,
                InvitationRepo: MemoryInvitationRepo(store),
                LedgerRepo: ledger,
                PaymentSessionRepo: sessions,
                ReversalRepo: ports.SimulatedReversals(world, store),
                SchoolRepo: MemorySchoolRepo(store),
                SeatClaimRepo: MemorySeatClaimRepo(store),
                SignIns: self.sign_ins,
                StudentRepo: students,
                StudentHistoryRepo: ports.SimulatedHistories(world, store),
                CertificateRepo: MemoryCertificateRepo(store),
                InterestRepo: MemoryInterestRepo(store),
                SyncPolicy: self.policy,
                Telemetry: telemetry,
                UnitOfWork: unit_of_work,
            }
        ).resolve
        self.process = resolve(ProcessEvent)
        self.sync = resolve(SyncPayment)
        self.enroll = resolve(Enroll)
        self.receive = resolve(ReceiveEvent)
        self.show = resolve(ShowCheckout)
        self.cancel = resolve(CancelPayment)
        self.reconcile = resolve(Reconcile)
        self.catch_up = resolve(CatchUp)
        self.recount = resolve(RecountCoupons)
        self.resolve = resolve(ResolveReview)
        self.refund = resolve(RefundPayment)
        self.repay = resolve(RecordRepayment)
        self.grant = resolve(GrantEnrollment)
        self.revoke = resolve(RevokeEnrollment)
        self.join_line, self.leave_line = resolve(JoinLine), resolve(LeaveLine)
        self.offer_seats, self.set_capacity = resolve(OfferSeats), resolve(SetCapacity)
        self.recount_seats = resolve(RecountSeats)
        self.reinstate = resolve(ReinstateEnrollment)
        self.unbar = resolve(LiftBar)
        self.erase = resolve(EraseStudent)
        self.change_coupon = resolve(ChangeCouponTerms)
        self.progress = resolve(RecordProgress)
        self.rename = resolve(RenameStudent)
        self.validate = resolve(ValidateCoupon)
        self.prove = resolve(ProveLedger)
        self.rebuild = resolve(RebuildPayments)
