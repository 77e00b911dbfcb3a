"""The use cases over the repos of a contract test, and a payment provider in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import define, evolve, field, fields, frozen

from adapters.memory.backoff import MemoryBackoff
from adapters.memory.checkouts import KeptCheckout
from adapters.memory.clock import MemoryClock
from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.payment_gateway import MemoryPaymentGateway
from adapters.memory.telemetry import MemoryTelemetry
from adapters.system.identifiers import SystemIdGenerator
from domain.enrollment_requests import AwaitingPayment, CheckoutOptions, EnrollmentResult
from domain.payment_sync import SyncPolicy
from domain.payments.events import PaymentEvent, ReversalReported
from domain.payments.session import PaymentSession
from domain.ports.backoff import Backoff
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.identifiers import IdGenerator
from domain.ports.invitations import InvitationRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.school import SchoolRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.refund_payment import RefundOrder
from domain.services.seating import SeatingUnitOfWork
from domain.students import Identity, Student
from domain.use_cases.office.manage_enrollments import EnrollmentOrder
from domain.use_cases.provider.receive_event import ReceiveEvent
from domain.use_cases.student.enroll import Enroll
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, PROVIDER
from tests.support.wiring import WiredUseCases

SAM = Identity(user_id="7f9c2ba4-e88f-4271-bb49-17c3f1a4e2d0", email="sam.student@school.example", name="Sam Student")
ADMIN = "0b7d8f6e-2c5f-4f39-9a52-6d1c2b3a4f50"
TERMS: dict[str, Any] = {
    "return_url": "https://learn.school.example/return.html?session_id={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://learn.school.example/course.html",
}


@frozen(kw_only=True)
class LongIdCheckout(KeptCheckout):
    """A checkout whose ids are as long as Stripe's."""

    @property
    def provider_session_id(self) -> str:
        """``cs_test_`` and 58 letters."""
        return f"cs_test_{self.number:058d}"

    @property
    def payment_id(self) -> str:
        """``pi_`` and 24 letters."""
        return f"pi_{self.number:024d}"


@define(eq=False)
class WithLongIds(MemoryPaymentGateway):
    """A provider whose ids are as long as Stripe's; a customer's is ``cus_`` and 14 letters."""

    def _new(self, session: PaymentSession, buyer: Student) -> KeptCheckout:
        made = MemoryPaymentGateway._new(self, session, buyer)
        return LongIdCheckout(**{field.name: getattr(made, field.name) for field in fields(KeptCheckout)})

    def _keep(self, kept: KeptCheckout) -> KeptCheckout:
        customer = f"cus_{kept.number:014d}" if kept.customer_id else None
        return MemoryPaymentGateway._keep(self, evolve(kept, customer_id=kept.opened_for.customer_id or customer))


@define(eq=False)
class StoredSchool:
    """One school: what its students, its administrators and its payment provider do.

    ``access_during_dispute``: whether students keep access while a payment is disputed.
    """

    storage: Backend
    access_during_dispute: bool = True
    clock: MemoryClock = field(factory=lambda: MemoryClock(NOW), init=False)
    telemetry: MemoryTelemetry = field(factory=MemoryTelemetry, init=False)
    provider: WithLongIds = field(init=False)
    use_cases: WiredUseCases = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Wire the use cases to the table."""
        provider = self.provider = WithLongIds(self.clock, name=PROVIDER, account_id="0123456789ab")
        ports: dict[type, object] = {
            Clock: self.clock,
            Backoff: MemoryBackoff(),
            Telemetry: self.telemetry,
            EventQueue: MemoryEventQueue(),
            IdGenerator: SystemIdGenerator(self.clock),
            Gateways: Gateways({PROVIDER: lambda: provider}),
            CourseRepo: self.storage.courses,
            EnrollmentRepo: self.storage.enrollments,
            PaymentSessionRepo: self.storage.sessions,
            ReversalRepo: self.storage.reversals,
            LedgerRepo: self.storage.ledger,
            CouponRepo: self.storage.coupons,
            StudentRepo: self.storage.students,
            UnitOfWork: SeatingUnitOfWork(
                plain=self.storage.unit_of_work,
                clock=self.clock,
                ids=SystemIdGenerator(self.clock),
                telemetry=self.telemetry,
            ),
            InvitationRepo: self.storage.invitations,
            SchoolRepo: self.storage.school,
            SeatClaimRepo: self.storage.claims,
            SyncPolicy: SyncPolicy(access_during_dispute=self.access_during_dispute),
        }
        self.use_cases = WiredUseCases(ports)

    # -- students ----------------------------------------------------------------------------------------------------

    def enroll(self, course_id: str, coupon: str | None = None, who: Identity = SAM) -> EnrollmentResult:
        """Somebody enrolls, or begins to pay."""
        return self.use_cases.resolve(Enroll)(who, course_id, CheckoutOptions(**TERMS, coupon_code=coupon))

    def buy(self, course_id: str, coupon: str | None = None, who: Identity = SAM) -> PaymentSession:
        """Somebody pays; the session as it is stored then."""
        began = self.enroll(course_id, coupon, who)
        assert isinstance(began, AwaitingPayment)
        self.receive(self.provider.pay(began.session.payment_session_id))
        return self.session(began.session)

    def session(self, session: PaymentSession) -> PaymentSession:
        """The session as it is stored."""
        found = self.storage.sessions.find(session.user_id, session.payment_session_id)
        assert found is not None
        return found

    # -- the provider ------------------------------------------------------------------------------------------------

    def receive(self, event: PaymentEvent | ReversalReported) -> None:
        """A webhook reports this."""
        self.use_cases.resolve(ReceiveEvent)(PROVIDER, *self.provider.message(event))

    def report(self, session: PaymentSession) -> None:
        """A webhook reports that the refunds or disputes of this session's payment changed."""
        self.receive(self.provider.reported(session.provider_payment_id or ""))

    def wait(self, minutes: float = 1) -> None:
        """Time passes."""
        self.clock.advance(timedelta(minutes=minutes))


def refund_of(session: PaymentSession, amount: int | None = None, refund_id: str = "refund-1") -> RefundOrder:
    """An administrator's order to refund so much of a payment, all of it by default."""
    return RefundOrder(
        user_id=session.user_id,
        payment_session_id=session.payment_session_id,
        refund_id=refund_id,
        amount=amount,
        note="The student asked for it within fourteen days.",
        by=ADMIN,
    )


def order_about(course_id: str, who: Identity = SAM) -> EnrollmentOrder:
    """An administrator's order about a student's enrollment."""
    return EnrollmentOrder(user_id=who.user_id, course_id=course_id, by=ADMIN, reason="As agreed on the phone.")
