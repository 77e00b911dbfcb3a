"""Who is in which course, in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from adapters.memory.writes_enrollments import active_enrollment
from domain.enrollment_requests import EnrollmentContext
from domain.enrollments import PENDING, EndedEnrollment, Enrollment
from domain.errors import InvalidValue
from domain.identifiers import is_id
from domain.paging import Page
from domain.ports.enrollments import EnrollmentRepo

_AFTER = "after:"


@frozen
class MemoryEnrollmentRepo(EnrollmentRepo):
    """Reads enrollments from the store."""

    store: Store

    def find(self, user_id: str, course_id: str) -> Enrollment | None:
        """The student's enrollment in the course, if any."""
        return active_enrollment(self.store, user_id, course_id)

    def ended(self, user_id: str, course_id: str) -> EndedEnrollment | None:
        """The student's latest enrollment in the course that ended, if any."""
        return self.store.ended.get((user_id, course_id))

    def earlier_ended(self, user_id: str, course_id: str) -> tuple[EndedEnrollment, ...]:
        """Those that ended before the latest one, the earliest begun first."""
        with self.store.lock:
            own = [item for item in self.store.earlier_ended.items() if item[0][:2] == (user_id, course_id)]
        return tuple(ended for _, ended in sorted(own, key=lambda item: item[0]))

    def of_student(self, user_id: str) -> tuple[Enrollment, ...]:
        """All enrollments of a student, newest first."""
        with self.store.lock:
            own = [
                enrollment
                for (owner, _), enrollment in self.store.enrollments.items()
                if owner == user_id and enrollment.payment_status != PENDING
            ]
        return tuple(sorted(own, key=lambda enrollment: (enrollment.enrolled_at, enrollment.course_id), reverse=True))

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[Enrollment]:
        """Up to ``limit`` enrollments in a course; the cursor names the last student given."""
        after = "" if cursor is None else _user_id_in(cursor)
        with self.store.lock:
            found = {
                user: place
                for (user, taken), place in self.store.enrollments.items()
                if taken == course_id and place.payment_status != PENDING
            }
        left = [found[user_id] for user_id in sorted(found) if user_id > after]
        page = tuple(left[:limit])
        return Page(page, _AFTER + page[-1].user_id if len(left) > limit else None)

    def context(self, user_id: str, course_id: str, coupon_code: str | None = None) -> EnrollmentContext:
        """Everything a decision about enrolling needs, as of one moment."""
        with self.store.lock:
            use = self.store.coupon_uses.get((user_id, coupon_code)) if coupon_code else None
            return EnrollmentContext(
                course=self.store.courses.get(course_id),
                student=self.store.students.get(user_id),
                enrollment=active_enrollment(self.store, user_id, course_id),
                ended=self.store.ended.get((user_id, course_id)),
                payment_session_id=self.store.checkout_locks.get((user_id, course_id)),
                coupon=self.store.coupons.get(coupon_code) if coupon_code else None,
                coupon_held_by=use.payment_session_id if use else None,
                school=self.store.school,
            )


def _user_id_in(cursor: str) -> str:
    user_id = cursor.removeprefix(_AFTER)
    if not cursor.startswith(_AFTER) or not is_id(user_id):
        raise InvalidValue("The cursor is not valid.")
    return user_id
