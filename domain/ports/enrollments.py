"""Who is in which course."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from domain.coupons import Coupon
from domain.courses import Course
from domain.enrollments import Enrollment
from domain.students import Student


@frozen(kw_only=True)
class EnrollmentContext:
    """What is known about one student and one course at one moment; None for whatever is not there.

    ``payment_session_id`` names the checkout that guards the pair. ``coupon`` is the one asked for.
    """

    course: Course | None
    student: Student | None
    enrollment: Enrollment | None
    payment_session_id: str | None
    coupon: Coupon | None = None


class EnrollmentRepo(Protocol):
    """Reads enrollments. Every method is safe to repeat and sees every write that came before it.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def find(self, user_id: str, course_id: str) -> Enrollment | None:
        """The student's enrollment in the course, if any."""
        ...

    def of_student(self, user_id: str) -> tuple[Enrollment, ...]:
        """All enrollments of a student, newest first."""
        ...

    def context(self, user_id: str, course_id: str, coupon_code: str | None = None) -> EnrollmentContext:
        """Everything a decision about enrolling needs, in one round trip."""
        ...
