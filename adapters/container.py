"""The composition root: which implementation every port has.

Each object is built when it is first resolved, and only once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from attrs import evolve
from punq import Container, Scope

from adapters import aws
from adapters.circuit_breaker import CircuitBreaker
from adapters.cloudfront.lesson_library import LessonLinks, SigningKey
from adapters.cloudwatch.telemetry import CloudWatchTelemetry
from adapters.dynamodb.audit import DynamoAuditRepo
from adapters.dynamodb.certificates import DynamoCertificateRepo
from adapters.dynamodb.coupons import DynamoCouponRepo
from adapters.dynamodb.courses import DynamoCourseRepo
from adapters.dynamodb.enrollments import DynamoEnrollmentRepo
from adapters.dynamodb.figures import DynamoCheckoutHistory, DynamoFiguresRepo
from adapters.dynamodb.interest import DynamoInterestRepo
from adapters.dynamodb.ledger import DynamoLedgerRepo
from adapters.dynamodb.payment_sessions import DynamoPaymentSessionRepo
from adapters.dynamodb.reversals import DynamoReversalRepo
from adapters.dynamodb.school import DynamoSchoolRepo
from adapters.dynamodb.student_histories import DynamoStudentHistoryRepo
from adapters.dynamodb.students import DynamoStudentRepo
from adapters.dynamodb.table import Table
from adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from adapters.message_wiring import announcing, register_messages
from adapters.paypal.payment_gateway import PayPalGateway
from adapters.secrets_manager.secret_store import SecretsManagerStore
from adapters.secrets_manager.signing_key import SigningKeySecret
from adapters.settings import Settings, SettingsError
from adapters.sqs.event_queue import SqsEventQueue
from adapters.stripe.api import StripeApi
from adapters.stripe.payment_gateway import StripeGateway
from adapters.stripe.price_catalogue import StripePriceCatalogue
from adapters.system.backoff import FullJitterBackoff
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdGenerator
from domain.courses import FREE, PAID
from domain.ledger import SchoolCalendar
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
from domain.ports.ledger import LedgerRepo
from domain.ports.lesson_content import LessonLibrary
from domain.ports.payment_gateway import Gateways, PaymentGateway
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.price_catalogue import PriceCatalogue, PriceCatalogues
from domain.ports.reversals import ReversalRepo
from domain.ports.school import SchoolRepo
from domain.ports.secret_store import SecretStore
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.announcing import silent
from domain.services.carry_out_refunds import CarryOutRefunds
from domain.services.checkout import CheckoutService
from domain.services.enrollment_strategies import EnrollByPayment, EnrollForFree
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.services.personal_data import PersonalData
from domain.services.process_event import ProcessEvent
from domain.services.rate_limiter import RateLimiter
from domain.services.reconcile_session import ReconcileSession
from domain.services.record_change import RecordChange
from domain.services.refund_payment import RefundPayment
from domain.services.reservation import Reserve
from domain.services.seats import BookedCourses, EnrollWithoutPayment, SeatEntries
from domain.services.settle_payment import SettlePayment
from domain.services.sync_payment import SyncPayment
from domain.services.sync_reported import SyncReported
from domain.transactions.rate_limits import CheckoutLimits
from domain.use_cases.office.backfill_payments import BackfillPayments
from domain.use_cases.office.backfill_seats import BackfillSeats
from domain.use_cases.office.change_price import ChangePrice, LinkCourse
from domain.use_cases.office.export_ledger import ExportLedger
from domain.use_cases.office.find_payments import FindPayments
from domain.use_cases.office.manage_coupons import ChangeCouponTerms, IssueCoupon
from domain.use_cases.office.manage_courses import ChangeCourseTerms, CloseSales, CreateCourse
from domain.use_cases.office.manage_enrollments import (
    GrantEnrollment,
    LiftBar,
    ReinstateEnrollment,
    RevokeEnrollment,
)
from domain.use_cases.office.mend_coupon import MendCoupon
from domain.use_cases.office.rebuild_payments import RebuildPayments
from domain.use_cases.office.record_export import RecordExport
from domain.use_cases.office.record_repayment import RecordRepayment
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.office.show_figures import ShowFigures
from domain.use_cases.office.show_payment import ShowPayment
from domain.use_cases.provider.receive_event import IntakePolicy, ReceiveEvent
from domain.use_cases.schedule.catch_up import CatchUp
from domain.use_cases.schedule.close_days import CloseDays
from domain.use_cases.schedule.prove_ledger import ProveLedger
from domain.use_cases.schedule.reconcile import Reconcile
from domain.use_cases.schedule.recount_coupons import RecountCoupons
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.certify_completion import IssueCertificate, VerifyCertificate
from domain.use_cases.student.enroll import Enroll, Strategies
from domain.use_cases.student.erase_student import EraseStudent
from domain.use_cases.student.export_student import ExportStudent
from domain.use_cases.student.list_coupons import ListUsableCoupons
from domain.use_cases.student.open_lesson import OpenLesson
from domain.use_cases.student.record_progress import RecordProgress
from domain.use_cases.student.register_interest import RegisterInterest
from domain.use_cases.student.rename_student import RenameStudent
from domain.use_cases.student.show_checkout import ShowCheckout
from domain.use_cases.student.show_receipt import ShowReceipt
from domain.use_cases.student.validate_coupon import ValidateCoupon

T = TypeVar("T")


PROVIDERS: Mapping[str, Callable[..., PaymentGateway]] = {
    "stripe": StripeGateway.plugged_in,
    "paypal": PayPalGateway.plugged_in,
}
"""How the payment gateway of each provider is built; ``PAYMENT_PROVIDERS`` switches on which of them are used."""


def _stripe_prices(container: Container) -> PriceCatalogue:
    return StripePriceCatalogue(
        StripeApi(
            provider="stripe",
            secrets=container.resolve(SecretStore),
            telemetry=container.resolve(Telemetry),
            breaker=CircuitBreaker(container.resolve(Clock)),
            base=container.resolve(Settings).stripe_api_base,
        )
    )


PRICE_CATALOGUES: Mapping[str, Callable[[Container], PriceCatalogue]] = {"stripe": _stripe_prices}
"""Where a provider keeps prices of its own, by its name."""

SERVICES = (
    BookedCourses,
    CarryOutRefunds,
    CheckoutService,
    EnrollByPayment,
    EnrollForFree,
    EnrollWithoutPayment,
    GetOrCreateStudent,
    ProcessEvent,
    RateLimiter,
    ReconcileSession,
    RecordChange,
    RefundPayment,
    Reserve,
    SeatEntries,
    SettlePayment,
    SyncPayment,
    SyncReported,
)
USE_CASES = (
    BackfillPayments,
    BackfillSeats,
    CancelPayment,
    CatchUp,
    ChangeCouponTerms,
    ChangeCourseTerms,
    ChangePrice,
    CloseSales,
    CreateCourse,
    CloseDays,
    Enroll,
    FindPayments,
    ExportLedger,
    GrantEnrollment,
    IssueCertificate,
    IssueCoupon,
    LiftBar,
    LinkCourse,
    ListUsableCoupons,
    MendCoupon,
    OpenLesson,
    ProveLedger,
    ReceiveEvent,
    Reconcile,
    RecordExport,
    PersonalData,
    ExportStudent,
    EraseStudent,
    RecordProgress,
    RecordRepayment,
    RecountCoupons,
    RegisterInterest,
    ReinstateEnrollment,
    RenameStudent,
    ResolveReview,
    RevokeEnrollment,
    ShowCheckout,
    ShowPayment,
    ShowFigures,
    ShowReceipt,
    ValidateCoupon,
    VerifyCertificate,
)


def build_container(settings: Settings) -> Container:
    """The container of this deployment. Building it opens no connection."""
    container = Container()
    container.register(Settings, instance=settings)
    _register_system(container, settings)
    _register_storage(container, settings)
    _register_payments(container, settings)
    register_messages(container, settings)
    for use_case in (*SERVICES, *USE_CASES):
        container.register(use_case, scope=Scope.singleton)
    return container


def warm_up(environment: Mapping[str, str]) -> None:
    """In Lambda, create the DynamoDB client during the init phase, which runs with full CPU."""
    if environment.get("AWS_LAMBDA_FUNCTION_NAME") and environment.get("_HANDLER", "").startswith("app."):
        aws.client("dynamodb")


def _register_system(container: Container, settings: Settings) -> None:
    def telemetry() -> Telemetry:
        return CloudWatchTelemetry(stage=settings.stage, service=settings.service, clock=container.resolve(Clock))

    def policy() -> SyncPolicy:
        return SyncPolicy(
            access_during_dispute=settings.access_during_dispute == "keep",
            calendar=SchoolCalendar(settings.zone),
            currency=settings.currency,
        )

    def checkout_limits() -> CheckoutLimits:
        return CheckoutLimits(per_student=settings.checkouts_per_student, per_address=settings.checkouts_per_address)

    _register_once(container, SyncPolicy, policy)
    _register_once(container, CheckoutLimits, checkout_limits)
    _register_once(container, IntakePolicy, lambda: IntakePolicy(settles=settings.webhooks == "settle"))
    _register_once(container, Clock, SystemClock)
    _register_once(container, Backoff, FullJitterBackoff)
    _register_once(container, IdGenerator, lambda: SystemIdGenerator(container.resolve(Clock)))
    _register_once(container, Telemetry, telemetry)


def _register_storage(container: Container, settings: Settings) -> None:
    def table() -> Table:
        return Table(lambda: aws.client("dynamodb"), settings.table_name, container.resolve(Backoff))

    def with_telemetry(repo: Callable[[Table, Telemetry], T]) -> Callable[[], T]:
        return lambda: repo(container.resolve(Table), container.resolve(Telemetry))

    def courses(table: Table, telemetry: Telemetry) -> CourseRepo:
        return DynamoCourseRepo(table, telemetry, settings.currency)

    def enrollments(table: Table, telemetry: Telemetry) -> EnrollmentRepo:
        return DynamoEnrollmentRepo(table, telemetry, settings.currency)

    _register_once(container, Table, table)
    _register_once(container, CourseRepo, with_telemetry(courses))
    _register_once(container, EnrollmentRepo, with_telemetry(enrollments))
    _register_once(container, PaymentSessionRepo, with_telemetry(DynamoPaymentSessionRepo))
    _register_once(container, CouponRepo, with_telemetry(DynamoCouponRepo))
    _register_once(container, StudentRepo, with_telemetry(DynamoStudentRepo))

    _register_once(container, UnitOfWork, lambda: announcing(DynamoUnitOfWork(container.resolve(Table)), settings))
    _register_once(container, ReversalRepo, lambda: DynamoReversalRepo(container.resolve(Table)))
    _register_once(container, StudentHistoryRepo, with_telemetry(DynamoStudentHistoryRepo))
    _register_once(container, SchoolRepo, lambda: DynamoSchoolRepo(container.resolve(Table)))
    _register_once(container, AuditRepo, with_telemetry(DynamoAuditRepo))
    _register_once(container, FiguresRepo, lambda: DynamoFiguresRepo(container.resolve(Table)))
    _register_once(container, CheckoutHistory, with_telemetry(DynamoCheckoutHistory))
    _register_once(container, LedgerRepo, with_telemetry(DynamoLedgerRepo))
    _register_once(container, CertificateRepo, lambda: DynamoCertificateRepo(container.resolve(Table)))
    _register_once(container, InterestRepo, with_telemetry(DynamoInterestRepo))
    _register_once(container, LessonLibrary, lambda: _lessons(container, settings))
    _register_once(container, EventQueue, lambda: SqsEventQueue(lambda: aws.client("sqs"), settings.queue_name))


def _lessons(container: Container, settings: Settings) -> LessonLibrary:
    if not settings.lesson_secret_name:
        return LessonLinks(pattern=settings.lesson_url)
    secret = SigningKeySecret(
        client=lambda: aws.client("secretsmanager"), name=settings.lesson_secret_name, clock=container.resolve(Clock)
    )
    return LessonLinks(pattern=settings.lesson_url, key=lambda: SigningKey(*secret.read()))


def _register_payments(container: Container, settings: Settings) -> None:
    def secrets() -> SecretStore:
        return SecretsManagerStore(
            client=lambda: aws.client("secretsmanager"),
            names={name: settings.secret_name(name) for name in PROVIDERS},
            clock=container.resolve(Clock),
            telemetry=container.resolve(Telemetry),
        )

    def gateway(name: str) -> Callable[[], PaymentGateway]:
        return lambda: PROVIDERS[name](
            secrets=container.resolve(SecretStore),
            clock=container.resolve(Clock),
            telemetry=container.resolve(Telemetry),
            stage=settings.stage,
            variables=settings.variables_of(name),
        )

    def gateways() -> Gateways:
        offered, retired = settings.payment_providers, settings.retired_providers
        if unknown := {*offered, *retired} - PROVIDERS.keys():
            raise SettingsError(f"No such payment provider: {', '.join(sorted(unknown))}.")
        return Gateways({name: gateway(name) for name in (*offered, *retired)}, offered)

    def catalogues() -> PriceCatalogues:
        return PriceCatalogues({name: lambda build=build: build(container) for name, build in PRICE_CATALOGUES.items()})  # type: ignore[misc]

    def strategies() -> Strategies:
        return Strategies(
            by_pricing_model={FREE: container.resolve(EnrollForFree), PAID: container.resolve(EnrollByPayment)}
        )

    def rebuild_payments() -> RebuildPayments:
        return RebuildPayments(
            sessions=container.resolve(PaymentSessionRepo),
            courses=container.resolve(CourseRepo),
            coupons=container.resolve(CouponRepo),
            students=container.resolve(StudentRepo),
            ledger=container.resolve(LedgerRepo),
            gateways=container.resolve(Gateways),
            # What is rebuilt is old: no message is sent about it.
            sync=evolve(container.resolve(SyncPayment), unit_of_work=silent(container.resolve(UnitOfWork))),
            unit_of_work=silent(container.resolve(UnitOfWork)),
            clock=container.resolve(Clock),
            ids=container.resolve(IdGenerator),
            telemetry=container.resolve(Telemetry),
            policy=container.resolve(SyncPolicy),
            stage=settings.stage,
        )

    _register_once(container, RebuildPayments, rebuild_payments)
    _register_once(container, SecretStore, secrets)
    _register_once(container, Gateways, gateways)
    _register_once(container, PriceCatalogues, catalogues)
    _register_once(container, Strategies, strategies)


def _register_once(container: Container, service: object, factory: Callable[[], object]) -> None:
    container.register(service, factory=factory, scope=Scope.singleton)
