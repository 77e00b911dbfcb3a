"""What is kept in DynamoDB, SQS and CloudFront's library of lessons."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from punq import Container

from adapters import aws
from adapters.settings import Settings

if TYPE_CHECKING:
    from adapters.dynamodb.table import Table
    from adapters.idempotency import IdempotencyStore
    from domain.ports.audit import AuditRepo
    from domain.ports.certificates import CertificateRepo
    from domain.ports.coupons import CouponRepo
    from domain.ports.courses import CourseRepo
    from domain.ports.enrollments import EnrollmentRepo
    from domain.ports.event_queue import EventQueue
    from domain.ports.figures import CheckoutHistory, FiguresRepo
    from domain.ports.interest import InterestRepo
    from domain.ports.invitations import InvitationRepo
    from domain.ports.ledger import LedgerRepo
    from domain.ports.lesson_content import LessonLibrary
    from domain.ports.payment_sessions import PaymentSessionRepo
    from domain.ports.reversals import ReversalRepo
    from domain.ports.school import SchoolRepo
    from domain.ports.seat_claims import SeatClaimRepo
    from domain.ports.student_histories import StudentHistoryRepo
    from domain.ports.students import StudentRepo
    from domain.ports.telemetry import Telemetry
    from domain.ports.unit_of_work import UnitOfWork

T = TypeVar("T")


class StorageFactories:
    """How it is reached. Nothing is connected before the first call."""

    def __init__(self, container: Container, settings: Settings) -> None:
        self._container, self._settings = container, settings

    def table(self) -> Table:
        from adapters.dynamodb.table import Table
        from domain.ports.backoff import Backoff

        backoff = self._container.resolve(Backoff)
        return Table(lambda: aws.client("dynamodb"), self._settings.table_name, backoff)

    def courses(self) -> CourseRepo:
        from adapters.dynamodb.courses import DynamoCourseRepo

        return DynamoCourseRepo(self._table(), self._telemetry(), self._settings.currency)

    def enrollments(self) -> EnrollmentRepo:
        from adapters.dynamodb.enrollments import DynamoEnrollmentRepo

        return DynamoEnrollmentRepo(self._table(), self._telemetry(), self._settings.currency)

    def payment_sessions(self) -> PaymentSessionRepo:
        from adapters.dynamodb.payment_sessions import DynamoPaymentSessionRepo

        return self._with_telemetry(DynamoPaymentSessionRepo)

    def coupons(self) -> CouponRepo:
        from adapters.dynamodb.coupons import DynamoCouponRepo

        return self._with_telemetry(DynamoCouponRepo)

    def students(self) -> StudentRepo:
        from adapters.dynamodb.students import DynamoStudentRepo

        return self._with_telemetry(DynamoStudentRepo)

    def unit_of_work(self) -> UnitOfWork:
        from adapters.dynamodb.unit_of_work import DynamoUnitOfWork
        from domain.ports.clock import Clock
        from domain.ports.identifiers import IdGenerator
        from domain.services.seating import SeatingUnitOfWork

        plain = SeatingUnitOfWork(
            plain=DynamoUnitOfWork(self._table()),
            clock=self._container.resolve(Clock),
            ids=self._container.resolve(IdGenerator),
            telemetry=self._telemetry(),
        )
        if not self._settings.channels:
            return plain
        from domain.services.announcing import AnnouncingUnitOfWork

        return AnnouncingUnitOfWork(plain)

    def reversals(self) -> ReversalRepo:
        from adapters.dynamodb.reversals import DynamoReversalRepo

        return self._with_telemetry(DynamoReversalRepo)

    def student_histories(self) -> StudentHistoryRepo:
        from adapters.dynamodb.student_histories import DynamoStudentHistoryRepo

        return self._with_telemetry(DynamoStudentHistoryRepo)

    def school(self) -> SchoolRepo:
        from adapters.dynamodb.school import DynamoSchoolRepo

        return DynamoSchoolRepo(self._table())

    def audit(self) -> AuditRepo:
        from adapters.dynamodb.audit import DynamoAuditRepo

        return self._with_telemetry(DynamoAuditRepo)

    def figures(self) -> FiguresRepo:
        from adapters.dynamodb.figures import DynamoFiguresRepo

        return DynamoFiguresRepo(self._table())

    def checkout_history(self) -> CheckoutHistory:
        from adapters.dynamodb.figures import DynamoCheckoutHistory

        return self._with_telemetry(DynamoCheckoutHistory)

    def ledger(self) -> LedgerRepo:
        from adapters.dynamodb.ledger import DynamoLedgerRepo

        return self._with_telemetry(DynamoLedgerRepo)

    def certificates(self) -> CertificateRepo:
        from adapters.dynamodb.certificates import DynamoCertificateRepo

        return DynamoCertificateRepo(self._table())

    def idempotency(self) -> IdempotencyStore:
        from adapters.dynamodb.idempotency import DynamoIdempotencyStore

        return DynamoIdempotencyStore(self._table())

    def interest(self) -> InterestRepo:
        from adapters.dynamodb.interest import DynamoInterestRepo

        return self._with_telemetry(DynamoInterestRepo)

    def invitations(self) -> InvitationRepo:
        from adapters.dynamodb.invitations import DynamoInvitationRepo

        return self._with_telemetry(DynamoInvitationRepo)

    def seat_claims(self) -> SeatClaimRepo:
        from adapters.dynamodb.seats import DynamoSeatClaimRepo

        return self._with_telemetry(DynamoSeatClaimRepo)

    def event_queue(self) -> EventQueue:
        from adapters.sqs.event_queue import SqsEventQueue

        return SqsEventQueue(lambda: aws.client("sqs"), self._settings.queue_name)

    def lessons(self) -> LessonLibrary:
        from adapters.cloudfront.lesson_library import LessonLinks, SigningKey
        from adapters.secrets_manager.signing_key import SigningKeySecret
        from domain.ports.clock import Clock

        settings = self._settings
        if not settings.lesson_secret_name:
            return LessonLinks(pattern=settings.lesson_url)
        secret = SigningKeySecret(
            client=lambda: aws.client("secretsmanager"),
            name=settings.lesson_secret_name,
            clock=self._container.resolve(Clock),
        )
        return LessonLinks(pattern=settings.lesson_url, key=lambda: SigningKey(*secret.read()))

    def _with_telemetry(self, repo: Callable[[Table, Telemetry], T]) -> T:
        return repo(self._table(), self._telemetry())

    def _table(self) -> Table:
        from adapters.dynamodb.table import Table

        table: Table = self._container.resolve(Table)
        return table

    def _telemetry(self) -> Telemetry:
        from domain.ports.telemetry import Telemetry

        telemetry: Telemetry = self._container.resolve(Telemetry)
        return telemetry
