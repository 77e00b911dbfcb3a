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

    ``payment_session_id`` names the checkout that guards the pair. ``coupon`` is the one asked for, ``coupon_held_by``
    the payment session that holds or has redeemed the student's one use of it.
    """

    course: Course | None
    student: Student | None
    enrollment: Enrollment | None
    payment_session_id: str | None
    coupon: Coupon | None = None
    coupon_held_by: str | None = None

    @property
    def holds_coupon_itself(self) -> bool:
        """Whether the student's use of the coupon belongs to the checkout that is open for this course."""
        return self.coupon_held_by is not None and self.coupon_held_by == self.payment_session_id

    @property
    def offered_coupon(self) -> Coupon | None:
        """The coupon as this student may count on it: what their own open checkout holds is free for the next one."""
        return self.coupon.with_one_use_back() if self.coupon and self.holds_coupon_itself else self.coupon


@frozen
class EnrollmentPage:
    """Some enrollments; ``cursor`` is where the next page starts, None on the last."""

    enrollments: tuple[Enrollment, ...]
    cursor: str | None


class EnrollmentRepo(Protocol):
    """Reads enrollments. Every method is safe to repeat, and sees every write that came before it unless it says
    otherwise.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def find(self, user_id: str, course_id: str) -> Enrollment | None:
        """The student's enrollment in the course, if any."""
        ...

    def of_student(self, user_id: str) -> tuple[Enrollment, ...]:
        """All enrollments of a student, newest first."""
        ...

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> EnrollmentPage:
        """Up to ``limit`` enrollments in a course by the ids of the students, from ``cursor`` on. May lag behind the
        last write.

        One that cannot be read is left out and told to operations; it does not spoil the page.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...

    def context(self, user_id: str, course_id: str, coupon_code: str | None = None) -> EnrollmentContext:
        """Everything a decision about enrolling needs, in one round trip."""
        ...
