"""What is plugged into what. Each thing is built when it is first asked for, and once.

Another payment provider is one more line in ``PROVIDERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from punq import Container, Scope

from adapters import aws
from adapters.cloudwatch.telemetry import CloudWatchTelemetry
from adapters.dynamodb.coupons import DynamoCouponRepo
from adapters.dynamodb.courses import DynamoCourseRepo
from adapters.dynamodb.enrollments import DynamoEnrollmentRepo
from adapters.dynamodb.payment_sessions import DynamoPaymentSessionRepo
from adapters.dynamodb.students import DynamoStudentRepo
from adapters.dynamodb.table import Table
from adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from adapters.secrets_manager.secret_store import SecretsManagerStore
from adapters.settings import Settings
from adapters.sqs.event_queue import SqsEventQueue
from adapters.stripe.payment_gateway import StripeGateway
from adapters.system.backoff import FullJitterBackoff
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdGenerator
from domain.courses import FREE, PAID
from domain.ports.backoff import Backoff
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.identifiers import IdGenerator
from domain.ports.payment_gateway import Gateways, PaymentGateway
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.secret_store import SecretStore
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.checkout import CheckoutService
from domain.services.enrollment_strategies import EnrollByPayment, EnrollForFree
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.services.rate_limiter import RateLimiter
from domain.services.reconcile_session import ReconcileSession
from domain.services.reservation import Reserve
from domain.services.settle_payment import SettlePayment
from domain.use_cases.office.manage_coupons import ChangeCouponTerms, IssueCoupon
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.provider.receive_event import ReceiveEvent
from domain.use_cases.schedule.catch_up import CatchUp
from domain.use_cases.schedule.reconcile import Reconcile
from domain.use_cases.schedule.recount_coupons import RecountCoupons
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.enroll import Enroll, Strategies
from domain.use_cases.student.record_progress import RecordProgress
from domain.use_cases.student.rename_student import RenameStudent
from domain.use_cases.student.show_checkout import ShowCheckout
from domain.use_cases.student.validate_coupon import ValidateCoupon

T = TypeVar("T")


def _stripe(container: Container) -> PaymentGateway:
    settings = container.resolve(Settings)
    return StripeGateway(
        secrets=container.resolve(SecretStore),
        clock=container.resolve(Clock),
        telemetry=container.resolve(Telemetry),
        api_base=settings.stripe_api_base,
        tolerance=settings.signature_tolerance,
    )


PROVIDERS: Mapping[str, Callable[[Container], PaymentGateway]] = {"stripe": _stripe}
"""The payment providers by name."""

SHARED = (RateLimiter, CheckoutService, ReconcileSession, Reserve, SettlePayment, EnrollForFree)
USE_CASES = (
    CancelPayment,
    CatchUp,
    ChangeCouponTerms,
    Enroll,
    IssueCoupon,
    GetOrCreateStudent,
    ReceiveEvent,
    Reconcile,
    RecordProgress,
    RecountCoupons,
    RenameStudent,
    ResolveReview,
    ShowCheckout,
)


def build_container(settings: Settings) -> Container:
    """Everything plugged together for this deployment. Opens no connection."""
    container = Container()
    container.register(Settings, instance=settings)
    _plug_in_the_world(container, settings)
    _plug_in_storage(container, settings)
    _plug_in_payments(container, settings)
    for use_case in (*SHARED, *USE_CASES):
        container.register(use_case, scope=Scope.singleton)
    return container


def warm_up(environment: Mapping[str, str]) -> None:
    """In Lambda, make what the first request surely needs while starting still has the whole processor."""
    if environment.get("AWS_LAMBDA_FUNCTION_NAME") and environment.get("_HANDLER", "").startswith("app."):
        aws.client("dynamodb")


def _plug_in_the_world(container: Container, settings: Settings) -> None:
    def telemetry() -> Telemetry:
        return CloudWatchTelemetry(stage=settings.stage, service=settings.service, clock=container.resolve(Clock))

    _once(container, Clock, SystemClock)
    _once(container, Backoff, FullJitterBackoff)
    _once(container, IdGenerator, lambda: SystemIdGenerator(container.resolve(Clock)))
    _once(container, Telemetry, telemetry)


def _plug_in_storage(container: Container, settings: Settings) -> None:
    def table() -> Table:
        return Table(lambda: aws.client("dynamodb"), settings.table_name, container.resolve(Backoff))

    def reading(repo: Callable[[Table, Telemetry], T]) -> Callable[[], T]:
        return lambda: repo(container.resolve(Table), container.resolve(Telemetry))

    _once(container, Table, table)
    _once(container, CourseRepo, reading(lambda t, emitted: DynamoCourseRepo(t, emitted, settings.currency)))
    _once(container, EnrollmentRepo, reading(lambda t, emitted: DynamoEnrollmentRepo(t, emitted, settings.currency)))
    _once(container, PaymentSessionRepo, reading(DynamoPaymentSessionRepo))
    _once(container, CouponRepo, reading(DynamoCouponRepo))
    _once(container, StudentRepo, lambda: DynamoStudentRepo(container.resolve(Table)))
    _once(container, UnitOfWork, lambda: DynamoUnitOfWork(container.resolve(Table)))
    _once(container, EventQueue, lambda: SqsEventQueue(lambda: aws.client("sqs"), settings.queue_name))


def _plug_in_payments(container: Container, settings: Settings) -> None:
    def secrets() -> SecretStore:
        return SecretsManagerStore(
            client=lambda: aws.client("secretsmanager"),
            names={"stripe": settings.stripe_secret_name},
            clock=container.resolve(Clock),
            telemetry=container.resolve(Telemetry),
        )

    def gateways() -> Gateways:
        return Gateways({name: lambda build=build: build(container) for name, build in PROVIDERS.items()})  # type: ignore[misc]

    def by_payment() -> EnrollByPayment:
        return EnrollByPayment(
            enrollments=container.resolve(EnrollmentRepo),
            sessions=container.resolve(PaymentSessionRepo),
            reserve=container.resolve(Reserve),
            checkout_service=container.resolve(CheckoutService),
            rate_limiter=container.resolve(RateLimiter),
            gateways=container.resolve(Gateways),
            clock=container.resolve(Clock),
            telemetry=container.resolve(Telemetry),
            provider=settings.payment_provider,
        )

    def strategies() -> Strategies:
        return Strategies(
            by_pricing_model={FREE: container.resolve(EnrollForFree), PAID: container.resolve(EnrollByPayment)}
        )

    def validate_coupon() -> ValidateCoupon:
        return ValidateCoupon(
            enrollments=container.resolve(EnrollmentRepo),
            rate_limiter=container.resolve(RateLimiter),
            gateways=container.resolve(Gateways),
            clock=container.resolve(Clock),
            telemetry=container.resolve(Telemetry),
            provider=settings.payment_provider,
        )

    _once(container, SecretStore, secrets)
    _once(container, Gateways, gateways)
    _once(container, EnrollByPayment, by_payment)
    _once(container, Strategies, strategies)
    _once(container, ValidateCoupon, validate_coupon)


def _once(container: Container, service: object, factory: Callable[[], object]) -> None:
    container.register(service, factory=factory, scope=Scope.singleton)
