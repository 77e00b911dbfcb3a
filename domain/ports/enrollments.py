"""Who is in which course."""

from __future__ import annotations

from typing import Protocol

from domain.enrollment_requests import EnrollmentContext
from domain.enrollments import EndedEnrollment, Enrollment
from domain.paging import Page


class EnrollmentRepo(Protocol):
    """Reads enrollments. Every method is safe to repeat, and sees every write that came before it unless it says
    otherwise. A stored enrollment whose payment is still ``pending``, as other back ends leave them, is none.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def find(self, user_id: str, course_id: str) -> Enrollment | None:
        """The student's enrollment in the course, if any."""
        ...

    def ended(self, user_id: str, course_id: str) -> EndedEnrollment | None:
        """The student's latest enrollment in the course that ended, if any."""
        ...

    def earlier_ended(self, user_id: str, course_id: str) -> tuple[EndedEnrollment, ...]:
        """The student's enrollments in the course that ended before the latest one, the earliest begun first."""
        ...

    def of_student(self, user_id: str) -> tuple[Enrollment, ...]:
        """All enrollments of a student, newest first."""
        ...

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[Enrollment]:
        """Up to ``limit`` enrollments in a course by the ids of the students, from ``cursor`` on. May lag behind the
        last write.

        One that cannot be read is left out and reported to operations; it does not spoil the page.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...

    def context(self, user_id: str, course_id: str, coupon_code: str | None = None) -> EnrollmentContext:
        """Everything a decision about enrolling needs, in one round trip."""
        ...
