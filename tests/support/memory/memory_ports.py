"""Every port over one store in memory, with two courses, a clock that stands still and a provider that a test plays."""

from __future__ import annotations

from attrs import define, field

from adapters.idempotency import IdempotencyStore
from adapters.memory.audit import MemoryAuditRepo
from adapters.memory.backoff import MemoryBackoff
from adapters.memory.certificates import MemoryCertificateRepo
from adapters.memory.clock import MemoryClock
from adapters.memory.coupons import MemoryCouponRepo
from adapters.memory.courses import MemoryCourseRepo
from adapters.memory.enrollments import MemoryEnrollmentRepo
from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.figures import MemoryCheckoutHistory, MemoryFiguresRepo
from adapters.memory.idempotency import MemoryIdempotencyStore
from adapters.memory.identifiers import MemoryIdGenerator
from adapters.memory.interest import MemoryInterestRepo
from adapters.memory.invitations import MemoryInvitationRepo
from adapters.memory.ledger import MemoryLedgerRepo
from adapters.memory.lesson_library import MemoryLessonLibrary
from adapters.memory.notifier import MemoryNotifier
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.payment_gateway import MemoryPaymentGateway
from adapters.memory.payment_sessions import MemoryPaymentSessionRepo
from adapters.memory.price_catalogue import MemoryPriceCatalogue
from adapters.memory.reversals import MemoryReversalRepo
from adapters.memory.school import MemorySchoolRepo
from adapters.memory.seats import MemorySeatClaimRepo
from adapters.memory.sign_ins import MemorySignIns
from adapters.memory.store import Store
from adapters.memory.student_histories import MemoryStudentHistoryRepo
from adapters.memory.students import MemoryStudentRepo
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.payment_sync import SyncPolicy
from domain.ports.audit import AuditRepo
from domain.ports.backoff import Backoff
from domain.ports.certificates import CertificateRepo
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.figures import CheckoutHistory, FiguresRepo
from domain.ports.identifiers import IdGenerator
from domain.ports.interest import InterestRepo
from domain.ports.invitations import InvitationRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.lesson_content import LessonLibrary
from domain.ports.notifier import Notifier, Notifiers
from domain.ports.outbox import Outbox
from domain.ports.payment_gateway import Gateways, PaymentGateway
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.price_catalogue import PriceCatalogues
from domain.ports.reversals import ReversalRepo
from domain.ports.school import SchoolRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.sign_ins import SignIns
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.seating import SeatingUnitOfWork
from domain.use_cases.provider.receive_event import IntakePolicy
from tests.support.factories import NOW, PROVIDER, a_course, a_free_course


def _catalogue() -> Store:
    return Store(courses={course.course_id: course for course in (a_course(), a_free_course())})


@define(kw_only=True, eq=False)
class MemoryPorts:
    """One paid course (``course-1``), one free (``free-1``), nobody enrolled.

    ``provider`` is what happens at the payment provider. The others are the ports as the use cases see them; a test
    replaces one by an adapter that misbehaves. ``waiting`` is what is in the queue, ``policy`` the school's
    settings, ``intake`` what webhooks do with events, ``others`` more providers,
    ``offered`` those that new checkouts are opened at, all of them if None.
    """

    store: Store = field(factory=_catalogue)
    clock: MemoryClock = field(factory=lambda: MemoryClock(NOW))
    telemetry: MemoryTelemetry = field(factory=MemoryTelemetry)
    backoff: MemoryBackoff = field(factory=MemoryBackoff)
    ids: MemoryIdGenerator = field(factory=MemoryIdGenerator)
    waiting: MemoryEventQueue = field(factory=MemoryEventQueue)
    policy: SyncPolicy = field(factory=SyncPolicy)
    prices: MemoryPriceCatalogue = field(factory=lambda: MemoryPriceCatalogue(PROVIDER))
    intake: IntakePolicy = field(factory=IntakePolicy)
    provider: MemoryPaymentGateway = field()
    gateway: PaymentGateway = field()
    unit_of_work: UnitOfWork = field()
    sessions: PaymentSessionRepo = field()
    courses: CourseRepo = field()
    queue: EventQueue = field()
    repeated: IdempotencyStore = field(factory=MemoryIdempotencyStore)
    lessons: LessonLibrary = field(factory=MemoryLessonLibrary)
    ledger: LedgerRepo = field()
    others: dict[str, PaymentGateway] = field(factory=dict)
    offered: tuple[str, ...] | None = None
    events: Notifier = field(factory=lambda: MemoryNotifier(knows_ids=True))
    mail: Notifier = field(factory=MemoryNotifier)
    sign_ins: SignIns = field(factory=MemorySignIns)
    school: SchoolRepo = field()

    @provider.default
    def _provider(self) -> MemoryPaymentGateway:
        return MemoryPaymentGateway(self.clock, name=PROVIDER)

    @gateway.default
    def _gateway(self) -> PaymentGateway:
        return self.provider

    @unit_of_work.default
    def _unit_of_work(self) -> UnitOfWork:
        return SeatingUnitOfWork(
            plain=MemoryUnitOfWork(self.store), clock=self.clock, ids=self.ids, telemetry=self.telemetry
        )

    @sessions.default
    def _sessions(self) -> PaymentSessionRepo:
        return MemoryPaymentSessionRepo(self.store)

    @courses.default
    def _courses(self) -> CourseRepo:
        return MemoryCourseRepo(self.store)

    @ledger.default
    def _ledger(self) -> LedgerRepo:
        return MemoryLedgerRepo(self.store)

    @school.default
    def _school(self) -> SchoolRepo:
        return MemorySchoolRepo(self.store)

    @queue.default
    def _queue(self) -> EventQueue:
        return self.waiting

    def gateways(self) -> Gateways:
        """Every provider that the school sells through, this one first."""
        more = {name: lambda gateway=gateway: gateway for name, gateway in self.others.items()}
        return Gateways({PROVIDER: lambda: self.gateway, **more}, self.offered)

    def ports(self) -> dict[type, object]:
        """What use cases are to be wired to now, by port."""
        return {
            AuditRepo: MemoryAuditRepo(self.store),
            Backoff: self.backoff,
            CheckoutHistory: MemoryCheckoutHistory(self.store),
            CertificateRepo: MemoryCertificateRepo(self.store),
            Clock: self.clock,
            CouponRepo: MemoryCouponRepo(self.store),
            CourseRepo: self.courses,
            EnrollmentRepo: MemoryEnrollmentRepo(self.store),
            EventQueue: self.queue,
            FiguresRepo: MemoryFiguresRepo(self.store),
            Gateways: self.gateways(),
            IdempotencyStore: self.repeated,
            IdGenerator: self.ids,
            InterestRepo: MemoryInterestRepo(self.store),
            InvitationRepo: MemoryInvitationRepo(self.store),
            LedgerRepo: self.ledger,
            PriceCatalogues: PriceCatalogues({PROVIDER: lambda: self.prices}),
            LessonLibrary: self.lessons,
            Notifiers: Notifiers({"events": lambda: self.events, "mail": lambda: self.mail}),
            Outbox: MemoryOutbox(self.store),
            ReversalRepo: MemoryReversalRepo(self.store),
            PaymentSessionRepo: self.sessions,
            SchoolRepo: self.school,
            SeatClaimRepo: MemorySeatClaimRepo(self.store),
            SignIns: self.sign_ins,
            StudentHistoryRepo: MemoryStudentHistoryRepo(self.store),
            StudentRepo: MemoryStudentRepo(self.store),
            SyncPolicy: self.policy,
            IntakePolicy: self.intake,
            Telemetry: self.telemetry,
            UnitOfWork: self.unit_of_work,
        }
