"""Bodies about students, for the office."""

from __future__ import annotations

from typing import TypedDict

from adapters.http.field_types import Id, StoredCouponCode, Timestamp
from adapters.http.response_bodies.audit import AuditRecord
from adapters.http.response_bodies.enrollments import EndedEnrollment, Enrollment, Student
from adapters.http.response_bodies.payments import PaymentWithRefunds


class CouponUse(TypedDict):
    """A student's one use of a coupon: held by a checkout, or redeemed by a payment."""

    code: StoredCouponCode
    courseId: Id
    paymentSessionId: Id
    redeemed: bool
    usedAt: Timestamp


class StudentHistory(TypedDict):
    """Everything about one student. ``complete`` is false where there is more than one answer holds."""

    student: Student | None
    enrollments: list[Enrollment]
    endedEnrollments: list[EndedEnrollment]
    payments: list[PaymentWithRefunds]
    coupons: list[CouponUse]
    audit: list[AuditRecord]
    complete: bool
