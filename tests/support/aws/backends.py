"""The school's storage twice, in memory and in DynamoDB, behind one face for the contract tests."""

from __future__ import annotations

import itertools
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any

from adapters.aws.json_client import JsonClient
from adapters.dynamodb.audit import DynamoAuditRepo
from adapters.dynamodb.certificates import DynamoCertificateRepo
from adapters.dynamodb.codec import Item, decode, encode
from adapters.dynamodb.coupons import DynamoCouponRepo
from adapters.dynamodb.courses import DynamoCourseRepo, course_item
from adapters.dynamodb.enrollment_items import ended_from_item
from adapters.dynamodb.enrollments import DynamoEnrollmentRepo
from adapters.dynamodb.figures import DynamoCheckoutHistory, DynamoFiguresRepo
from adapters.dynamodb.idempotency import DynamoIdempotencyStore
from adapters.dynamodb.interest import DynamoInterestRepo
from adapters.dynamodb.invitations import DynamoInvitationRepo
from adapters.dynamodb.ledger import DynamoLedgerRepo
from adapters.dynamodb.outbox import DynamoOutbox
from adapters.dynamodb.payment_sessions import DynamoPaymentSessionRepo
from adapters.dynamodb.reversals import DynamoReversalRepo
from adapters.dynamodb.school import DynamoSchoolRepo
from adapters.dynamodb.seats import DynamoSeatClaimRepo
from adapters.dynamodb.student_histories import DynamoStudentHistoryRepo
from adapters.dynamodb.students import DynamoStudentRepo
from adapters.dynamodb.table import Table
from adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from adapters.idempotency import IdempotencyStore
from adapters.memory.audit import MemoryAuditRepo
from adapters.memory.backoff import MemoryBackoff
from adapters.memory.certificates import MemoryCertificateRepo
from adapters.memory.clock import MemoryClock
from adapters.memory.coupons import MemoryCouponRepo
from adapters.memory.courses import MemoryCourseRepo
from adapters.memory.enrollments import MemoryEnrollmentRepo
from adapters.memory.figures import MemoryCheckoutHistory, MemoryFiguresRepo
from adapters.memory.idempotency import MemoryIdempotencyStore
from adapters.memory.interest import MemoryInterestRepo
from adapters.memory.invitations import MemoryInvitationRepo
from adapters.memory.ledger import MemoryLedgerRepo
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.payment_sessions import MemoryPaymentSessionRepo
from adapters.memory.reversals import MemoryReversalRepo
from adapters.memory.school import MemorySchoolRepo
from adapters.memory.seats import MemorySeatClaimRepo
from adapters.memory.store import Store
from adapters.memory.student_histories import MemoryStudentHistoryRepo
from adapters.memory.students import MemoryStudentRepo
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.timestamps import iso
from domain.courses import Course
from domain.enrollments import EndedEnrollment
from domain.errors import DomainError
from domain.ports.audit import AuditRepo
from domain.ports.certificates import CertificateRepo
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.figures import CheckoutHistory, FiguresRepo
from domain.ports.interest import InterestRepo
from domain.ports.invitations import InvitationRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.outbox import Outbox
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.school import SchoolRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import Write
from scripts.aws_emulator.server import REGION
from scripts.stack.aws_resources import create_table
from tests.support.aws import condition_mutants

_NUMBERS = itertools.count(1)
_TIMEOUT = 20  # seconds to connect and to answer: a busy machine's silence is not what a contract is about


def _began(ended: EndedEnrollment) -> datetime:
    return ended.enrollment.enrolled_at


class Backend(ABC):
    """Every repo and the unit of work over the same storage."""

    audit: AuditRepo
    school: SchoolRepo
    histories: StudentHistoryRepo
    courses: CourseRepo
    students: StudentRepo
    enrollments: EnrollmentRepo
    sessions: PaymentSessionRepo
    reversals: ReversalRepo
    ledger: LedgerRepo
    figures: FiguresRepo
    outbox: Outbox
    history: CheckoutHistory
    coupons: CouponRepo
    certificates: CertificateRepo
    interest: InterestRepo
    repeated: IdempotencyStore
    invitations: InvitationRepo
    claims: SeatClaimRepo
    unit_of_work: UnitOfWork
    clock: MemoryClock
    telemetry: MemoryTelemetry

    @abstractmethod
    def keep_course(self, course: Course) -> None:
        """Put a course into the catalogue, as the editors do."""

    @abstractmethod
    def everything(self) -> object:
        """All that is stored, to be compared with itself later."""

    @abstractmethod
    def earlier_ended(self) -> list[EndedEnrollment]:
        """Every enrollment that ended before the latest one of its student and course, by when it began."""

    @abstractmethod
    def audit_records(self) -> list[Mapping[str, object]]:
        """Every audit record, by when it was made: its fields as plain values."""

    def commit(self, *writes: Write) -> None:
        """Make the writes."""
        self.unit_of_work.commit(writes)

    def conflicts(self, *writes: Write) -> tuple[DomainError, ...]:
        """Why these writes were refused; it is an error if they were not, or if they left anything behind."""
        before = self.everything()
        try:
            self.unit_of_work.commit(writes)
        except TransactionConflict as refused:
            assert self.everything() == before, "a refused transaction left something behind"
            return refused.conflicts
        raise AssertionError("the writes were not refused")


class MemoryBackend(Backend):
    """Storage in memory."""

    def __init__(self) -> None:
        self.clock, self.telemetry, self.store = MemoryClock(), MemoryTelemetry(), Store()
        self.audit = MemoryAuditRepo(self.store)
        self.school = MemorySchoolRepo(self.store)
        self.histories = MemoryStudentHistoryRepo(self.store)
        self.courses = MemoryCourseRepo(self.store)
        self.students = MemoryStudentRepo(self.store)
        self.enrollments = MemoryEnrollmentRepo(self.store)
        self.sessions = MemoryPaymentSessionRepo(self.store)
        self.reversals = MemoryReversalRepo(self.store)
        self.ledger = MemoryLedgerRepo(self.store)
        self.figures = MemoryFiguresRepo(self.store)
        self.outbox = MemoryOutbox(self.store)
        self.history = MemoryCheckoutHistory(self.store)
        self.coupons = MemoryCouponRepo(self.store)
        self.certificates = MemoryCertificateRepo(self.store)
        self.interest = MemoryInterestRepo(self.store)
        self.repeated = MemoryIdempotencyStore()
        self.invitations = MemoryInvitationRepo(self.store)
        self.claims = MemorySeatClaimRepo(self.store)
        self.unit_of_work = MemoryUnitOfWork(self.store)

    def keep_course(self, course: Course) -> None:
        """Put a course into the catalogue."""
        self.store.courses[course.course_id] = course

    def everything(self) -> object:
        """All collections of the store."""
        names = (name for name in Store.__slots__ if name not in {"lock", "__weakref__"})
        return {name: copy(getattr(self.store, name)) for name in names}

    def earlier_ended(self) -> list[EndedEnrollment]:
        """Those of the store."""
        return sorted(self.store.earlier_ended.values(), key=_began)

    def audit_records(self) -> list[Mapping[str, object]]:
        """Those of the store."""
        return [
            {
                "auditId": record.audit_id,
                "userId": record.user_id,
                "action": record.action.value,
                "by": record.by,
                "at": iso(record.at),
                "reason": record.reason,
                "before": dict(record.before),
                "after": dict(record.after),
            }
            for record in sorted(self.store.audit, key=lambda record: record.at)
        ]


class DynamoBackend(Backend):
    """The storage in a fresh table of the emulated AWS.

    ``admin`` is a botocore client, which creates the table and looks into it; ``client`` is what the product's adapters
    use, the same one unless another is given.
    """

    def __init__(self, admin: Any, client: Any = None) -> None:
        self.admin, self.client = admin, client or admin
        self.name = create_table(admin, f"storage-{os.getpid()}-{next(_NUMBERS)}")
        self.clock, self.telemetry, self.backoff = MemoryClock(), MemoryTelemetry(), MemoryBackoff()
        self.table = Table(lambda: self.client, self.name, self.backoff)
        self.audit = DynamoAuditRepo(self.table, self.telemetry)
        self.school = DynamoSchoolRepo(self.table)
        self.histories = DynamoStudentHistoryRepo(self.table, self.telemetry)
        self.courses = DynamoCourseRepo(self.table, self.telemetry)
        self.students = DynamoStudentRepo(self.table, self.telemetry)
        self.enrollments = DynamoEnrollmentRepo(self.table, self.telemetry)
        self.sessions = DynamoPaymentSessionRepo(self.table, self.telemetry)
        self.reversals = DynamoReversalRepo(self.table, self.telemetry)
        self.ledger = DynamoLedgerRepo(self.table, self.telemetry)
        self.figures = DynamoFiguresRepo(self.table)
        self.outbox = DynamoOutbox(self.table, self.telemetry)
        self.history = DynamoCheckoutHistory(self.table, self.telemetry)
        self.coupons = DynamoCouponRepo(self.table, self.telemetry)
        self.certificates = DynamoCertificateRepo(self.table)
        self.interest = DynamoInterestRepo(self.table, self.telemetry)
        self.repeated = DynamoIdempotencyStore(self.table)
        self.invitations = DynamoInvitationRepo(self.table, self.telemetry)
        self.claims = DynamoSeatClaimRepo(self.table, self.telemetry)
        self.unit_of_work = DynamoUnitOfWork(self.table)

    def keep_course(self, course: Course) -> None:
        """Put a course into the catalogue."""
        self.put(course_item(course))

    def put(self, item: Item) -> None:
        """Store an item as it is."""
        self.admin.put_item(TableName=self.name, Item=encode(item))

    def item(self, pk: str, sk: str = "METADATA") -> Item | None:
        """An item as it is."""
        answer = self.admin.get_item(TableName=self.name, Key=encode({"PK": pk, "SK": sk}))
        return decode(answer["Item"]) if "Item" in answer else None

    def everything(self) -> list[Item]:
        """All items. A test may scan; the product never does."""
        return self._all()

    def _all(self) -> list[Item]:
        items = self.admin.scan(TableName=self.name)["Items"]
        return sorted(map(decode, items), key=lambda item: (str(item["PK"]), str(item["SK"])))

    def earlier_ended(self) -> list[EndedEnrollment]:
        """Those of the table: their keys end in a date."""
        items = [
            item for item in self._all() if str(item["SK"]).startswith("ENDED#") and str(item["SK"]).count("#") > 1
        ]
        assert not [item for item in items if "GSI1PK" in item]
        return sorted(map(ended_from_item, items), key=_began)

    def audit_records(self) -> list[Mapping[str, object]]:
        """Those of the table."""
        items = [item for item in self._all() if str(item["SK"]).startswith("AUDIT#")]
        names = ("auditId", "userId", "action", "by", "at", "reason", "before", "after")
        return [{name: item.get(name, {}) for name in names} for item in items]

    def drop(self) -> None:
        """Delete the table."""
        self.admin.delete_table(TableName=self.name)


def a_client(url: str, *, attempts: int = 1) -> Any:
    """A client of the DynamoDB that listens there; without retries of its own unless asked for."""
    from botocore.config import Config

    from scripts.stack.aws_resources import Clients

    session = Clients(url)._session
    client = session.create_client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(
            connect_timeout=_TIMEOUT,
            read_timeout=_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": attempts},
        ),
    )
    condition_mutants.apply_to(client)
    return client


def a_json_client(url: str, *, attempts: int = 1) -> JsonClient:
    """A client of the product's own kind, without retries unless asked for."""
    environment = {
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    return JsonClient("dynamodb", environment, connect_timeout=_TIMEOUT, read_timeout=_TIMEOUT, attempts=attempts)
