"""Bodies about students and what they are enrolled in."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from adapters.http.field_types import (
    Count,
    Currency,
    ForeignId,
    Id,
    Keywords,
    LectureId,
    MinorUnits,
    OneOf,
    StoredCouponCode,
    Timestamp,
    Url,
)
from domain.enrollments import COMPLETE, GRANTED, SOURCES, EndCause

Percent = Annotated[int, Keywords(minimum=0, maximum=COMPLETE)]


class Student(TypedDict):
    """The caller's own record."""

    userId: Id
    email: str
    name: str
    emailVerified: bool
    signUpMethod: str | None
    createdAt: Timestamp
    updatedAt: Timestamp


class Enrollment(TypedDict):
    """A student's place in a course."""

    userId: Id
    courseId: Id
    enrollmentType: Annotated[str, OneOf(("free", "paid", "bundle"))]
    enrolledAt: Timestamp
    paymentStatus: Annotated[str, OneOf(("free", "pending", "completed"))]
    source: Annotated[str, OneOf((*SOURCES, GRANTED))]
    progress: Percent
    completed: bool
    completedAt: Timestamp | None
    currentLectureId: str | None
    completedLectures: Count | None
    completedLectureIds: list[LectureId] | None
    totalTimeSpent: Count | None
    lastAccessedAt: Timestamp | None
    paymentSessionId: Id | None
    stripeSessionId: ForeignId | None
    stripePaymentIntentId: ForeignId | None
    amount: MinorUnits | None
    currency: Currency | None
    discountAmount: MinorUnits | None
    couponCode: StoredCouponCode | None


class Person(TypedDict):
    """Who somebody is, as far as is known."""

    name: str | None
    email: str | None


class EnrolledStudent(Enrollment, Person):
    """An enrollment, for the office: with whose it is."""


class EndedEnrollment(TypedDict):
    """An enrollment that ended, and why. ``barred``: the student cannot enroll in the course again."""

    enrollment: Enrollment
    endedAt: Timestamp
    cause: Annotated[str, OneOf(EndCause)]
    endedBy: str
    reason: str | None
    barred: bool


class ActiveEnrollment(TypedDict):
    """The student is in the course."""

    status: Literal["active"]
    enrollment: Enrollment


class PendingEnrollment(TypedDict):
    """A checkout waits for the student."""

    status: Literal["pending"]
    provider: Id
    clientSecret: str | None
    redirectUrl: Url | None
    paymentSessionId: Id
    providerSessionId: ForeignId | None
    amount: MinorUnits
    discountAmount: MinorUnits
    finalAmount: MinorUnits
    currency: Currency
    expiresAt: Timestamp


class EnrollmentCheck(TypedDict):
    """Whether the caller is in the course."""

    enrolled: bool
