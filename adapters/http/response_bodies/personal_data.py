"""Bodies about what is stored of a person: its export, and its deletion."""

from __future__ import annotations

from typing import Annotated, TypedDict

from adapters.http.field_types import Count, Currency, Id, MinorUnits, NonEmpty, OneOf, Timestamp
from adapters.http.response_bodies.enrollments import Enrollment, Student
from adapters.http.response_bodies.learning import Certificate
from adapters.http.response_bodies.payments import PaymentSession
from adapters.http.response_bodies.students import CouponUse
from domain.audit import AuditAction
from domain.enrollments import EndCause
from domain.payments.reversals import DisputeStatus, RefundStatus, ReversalKind


class Deletion(TypedDict):
    """What deleting a student did: how many enrollments ended, and how many payments stay stored under the id alone.

    ``signInDeleted``: the account in the user pool is gone too; where it is not, it is the student's to delete.
    """

    userId: Id
    enrollmentsEnded: Count
    paymentsKept: Count
    signInDeleted: bool


class ExportedEnding(TypedDict):
    """An enrollment that ended, when and why."""

    enrollment: Enrollment
    endedAt: Timestamp
    cause: Annotated[str, OneOf(EndCause)]
    reason: str | None


class ExportedReversal(TypedDict):
    """A refund, repayment or dispute."""

    kind: Annotated[str, OneOf(ReversalKind)]
    status: Annotated[str, OneOf((*RefundStatus, *DisputeStatus))]
    amount: MinorUnits
    currency: Currency
    at: Timestamp


class ExportedPayment(TypedDict):
    """A checkout, and what went back of its payment."""

    payment: PaymentSession
    refunds: list[ExportedReversal]


class ExportedDecision(TypedDict):
    """Something that was done about the student; ``before`` and ``after`` have what it changed."""

    action: Annotated[str, OneOf(AuditAction)]
    at: Timestamp
    reason: NonEmpty
    before: dict[str, object]
    after: dict[str, object]


class StudentExport(TypedDict):
    """Everything that is stored about one student; ``interest`` has the ids of announced courses they asked about.

    ``complete`` is false where there is more than one answer holds: the oldest decisions are left out first.
    """

    userId: Id
    exportedAt: Timestamp
    student: Student | None
    enrollments: list[Enrollment]
    endedEnrollments: list[ExportedEnding]
    payments: list[ExportedPayment]
    coupons: list[CouponUse]
    certificates: list[Certificate]
    interest: list[Id]
    decisions: list[ExportedDecision]
    complete: bool
