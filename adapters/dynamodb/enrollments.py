"""Who is in which course, and what a decision about enrolling needs to know."""

from __future__ import annotations

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import readable
from adapters.dynamodb.coupons import coupon_from_item
from adapters.dynamodb.courses import CURRENCY, course_from_item
from adapters.dynamodb.cursors import cursor_after, id_in
from adapters.dynamodb.enrollment_items import ended_from_item, enrolled, enrollment_from_item, is_pending
from adapters.dynamodb.keys import Key
from adapters.dynamodb.school import school_from_item
from adapters.dynamodb.students import student_from_item
from adapters.dynamodb.table import Table
from domain.enrollment_requests import EnrollmentContext
from domain.enrollments import EndedEnrollment, Enrollment
from domain.identifiers import is_id
from domain.paging import Page
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.telemetry import Telemetry


@frozen
class DynamoEnrollmentRepo(EnrollmentRepo):
    """Reads enrollments from the table."""

    table: Table
    telemetry: Telemetry
    currency: str = CURRENCY

    def find(self, user_id: str, course_id: str) -> Enrollment | None:
        """The student's enrollment in the course, if any."""
        known = is_id(user_id) and is_id(course_id)
        item = self.table.get(keys.enrollment(user_id, course_id)) if known else None
        return enrolled(item)

    def ended(self, user_id: str, course_id: str) -> EndedEnrollment | None:
        """The student's latest enrollment in the course that ended, if any."""
        known = is_id(user_id) and is_id(course_id)
        item = self.table.get(keys.ended_enrollment(user_id, course_id)) if known else None
        return ended_from_item(item) if item else None

    def earlier_ended(self, user_id: str, course_id: str) -> tuple[EndedEnrollment, ...]:
        """Those that ended before the latest one, the earliest begun first."""
        if not (is_id(user_id) and is_id(course_id)):
            return ()
        items = self.table.query(keys.students_partition(user_id), keys.earlier_ended_enrollments(course_id))
        return tuple(sorted(map(ended_from_item, items), key=lambda ended: ended.enrollment.enrolled_at))

    def of_student(self, user_id: str) -> tuple[Enrollment, ...]:
        """All enrollments of a student, newest first."""
        items = self.table.query(keys.students_partition(user_id), keys.ENROLLMENTS) if is_id(user_id) else ()
        own = readable((item for item in items if not is_pending(item)), enrollment_from_item, self.telemetry)
        return tuple(sorted(own, key=lambda enrollment: (enrollment.enrolled_at, enrollment.course_id), reverse=True))

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[Enrollment]:
        """Up to ``limit`` enrollments in a course; the cursor hides the id of the last student read."""
        after_id = id_in(cursor) if cursor is not None else None
        if not is_id(course_id):
            return Page((), None)
        after = keys.students_after(course_id, after_id)
        enrollments: list[Enrollment] = []
        while True:
            page = self.table.index_page(after, limit=max(limit - len(enrollments), 1))
            taken = [item for item in page.items if not is_pending(item)]
            enrollments += readable(taken, enrollment_from_item, self.telemetry)
            if page.is_last:
                return Page(tuple(enrollments), None)
            after = keys.index_of(page.items[-1])
            user_id = keys.user_id_in(after)
            # A page must not end on an id that no cursor may hold; such an enrollment is unreadable anyway.
            if is_id(user_id):
                return Page(tuple(enrollments), cursor_after(user_id))

    def context(self, user_id: str, course_id: str, coupon_code: str | None = None) -> EnrollmentContext:
        """Everything a decision about enrolling needs, in one request."""
        wanted = _context_keys(user_id, course_id, coupon_code)
        found = self.table.get_many(list(wanted.values()))
        items = {name: found.get(key) for name, key in wanted.items()}
        course, student, ended = (items.get(name) for name in ("course", "student", "ended"))
        lock, coupon, use = (items.get(name) for name in ("lock", "coupon", "use"))
        return EnrollmentContext(
            course=course_from_item(course, self.currency) if course else None,
            student=student_from_item(student) if student else None,
            enrollment=enrolled(items.get("enrollment")),
            ended=ended_from_item(ended) if ended else None,
            payment_session_id=str(lock["paymentSessionId"]) if lock else None,
            coupon=coupon_from_item(coupon) if coupon else None,
            coupon_held_by=str(use["paymentSessionId"]) if use else None,
            school=school_from_item(items.get("school")),
        )


def _context_keys(user_id: str, course_id: str, coupon_code: str | None) -> dict[str, Key]:
    # What has no valid id is not there, and is not asked for.
    wanted = {"student": keys.student(user_id), "school": keys.school()}
    if is_id(course_id):
        wanted |= {
            "course": keys.course(course_id),
            "enrollment": keys.enrollment(user_id, course_id),
            "ended": keys.ended_enrollment(user_id, course_id),
            "lock": keys.checkout_lock(user_id, course_id),
        }
    if coupon_code and is_id(coupon_code):
        wanted |= {"coupon": keys.coupon(coupon_code), "use": keys.coupon_use(user_id, coupon_code)}
    return wanted
