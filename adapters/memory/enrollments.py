"""Who is in which course, in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.enrollments import Enrollment
from domain.ports.enrollments import EnrollmentContext, EnrollmentRepo


@frozen
class MemoryEnrollmentRepo(EnrollmentRepo):
    """Reads enrollments from the store."""

    store: Store

    def find(self, user_id: str, course_id: str) -> Enrollment | None:
        """The student's enrollment in the course, if any."""
        return self.store.enrollments.get((user_id, course_id))

    def of_student(self, user_id: str) -> tuple[Enrollment, ...]:
        """All enrollments of a student, newest first."""
        with self.store.lock:
            own = [enrollment for (owner, _), enrollment in self.store.enrollments.items() if owner == user_id]
        return tuple(sorted(own, key=lambda enrollment: (enrollment.enrolled_at, enrollment.course_id), reverse=True))

    def context(self, user_id: str, course_id: str, coupon_code: str | None = None) -> EnrollmentContext:
        """Everything a decision about enrolling needs, as of one moment."""
        with self.store.lock:
            use = self.store.coupon_uses.get((user_id, coupon_code)) if coupon_code else None
            return EnrollmentContext(
                course=self.store.courses.get(course_id),
                student=self.store.students.get(user_id),
                enrollment=self.store.enrollments.get((user_id, course_id)),
                payment_session_id=self.store.guards.get((user_id, course_id)),
                coupon=self.store.coupons.get(coupon_code) if coupon_code else None,
                coupon_held_by=use.payment_session_id if use else None,
            )
