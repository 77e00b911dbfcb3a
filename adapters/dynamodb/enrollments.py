"""Enrollments as items, and what a decision about enrolling needs to know."""

from __future__ import annotations

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import Attributes, readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.coupons import coupon_from_item
from adapters.dynamodb.courses import CURRENCY, course_from_item
from adapters.dynamodb.cursors import cursor_after, id_in
from adapters.dynamodb.keys import Key
from adapters.dynamodb.students import student_from_item
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.enrollment_requests import EnrollmentContext
from domain.enrollments import Enrollment, Payment
from domain.identifiers import is_id
from domain.money import Money
from domain.ports.enrollments import EnrollmentPage, EnrollmentRepo
from domain.ports.telemetry import Telemetry

_SESSION = "SessionId"


def enrollment_item(enrollment: Enrollment) -> Item:
    """The item of an enrollment."""
    return {
        **keys.enrollment(enrollment.user_id, enrollment.course_id).attributes,
        **keys.enrollment_index(enrollment.user_id, enrollment.course_id),
        "userId": enrollment.user_id,
        "courseId": enrollment.course_id,
        "enrollmentType": enrollment.enrollment_type,
        "enrolledAt": iso(enrollment.enrolled_at),
        "paymentStatus": enrollment.payment_status,
        "source": enrollment.source,
        **(_payment_attributes(enrollment.payment) if enrollment.payment else {}),
        **progress_attributes(enrollment),
    }


def progress_attributes(enrollment: Enrollment) -> Item:
    """What learning changes."""
    return {
        "progress": enrollment.progress,
        "completed": enrollment.completed,
        "completedAt": iso(enrollment.completed_at) if enrollment.completed_at else None,
        "currentLectureId": enrollment.current_lecture_id,
        "completedLectures": enrollment.completed_lectures,
        "completedLectureIds": list(enrollment.completed_lecture_ids) or None,
        "totalTimeSpent": enrollment.total_time_spent,
        "lastAccessedAt": iso(enrollment.last_accessed_at) if enrollment.last_accessed_at else None,
    }


def enrollment_from_item(item: Item) -> Enrollment:
    """The enrollment in an item; those older than payment sessions have none of the attributes that came with them.

    Raises:
        RecordUnreadable: it is no enrollment.
    """
    with reading("enrollment", item) as stored:
        return Enrollment(
            user_id=stored.text("userId"),
            course_id=stored.text("courseId"),
            enrollment_type=stored.text("enrollmentType"),
            payment_status=stored.text("paymentStatus"),
            enrolled_at=stored.moment("enrolledAt"),
            payment=_payment(stored),
            source=stored.maybe_text("source") or "direct",
            progress=stored.maybe_whole("progress") or 0,
            completed=stored.flag("completed"),
            completed_at=stored.maybe_moment("completedAt"),
            current_lecture_id=stored.maybe_text("currentLectureId"),
            completed_lectures=stored.maybe_whole("completedLectures"),
            completed_lecture_ids=stored.texts("completedLectureIds"),
            total_time_spent=stored.maybe_whole("totalTimeSpent"),
            last_accessed_at=stored.maybe_moment("lastAccessedAt"),
        )


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
        return enrollment_from_item(item) if item else None

    def of_student(self, user_id: str) -> tuple[Enrollment, ...]:
        """All enrollments of a student, newest first."""
        items = self.table.query(keys.students_partition(user_id), keys.ENROLLMENTS) if is_id(user_id) else ()
        own = readable(items, enrollment_from_item, self.telemetry)
        return tuple(sorted(own, key=lambda enrollment: (enrollment.enrolled_at, enrollment.course_id), reverse=True))

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> EnrollmentPage:
        """Up to ``limit`` enrollments in a course; the cursor hides the id of the last student read."""
        after_id = id_in(cursor) if cursor is not None else None
        if not is_id(course_id):
            return EnrollmentPage((), None)
        after = keys.students_after(course_id, after_id)
        enrollments: list[Enrollment] = []
        while True:
            page = self.table.index_page(after, limit=max(limit - len(enrollments), 1))
            enrollments += readable(page.items, enrollment_from_item, self.telemetry)
            if page.is_last:
                return EnrollmentPage(tuple(enrollments), None)
            after = keys.index_of(page.items[-1])
            user_id = keys.user_id_in(after)
            # A page must not end on an id that no cursor may hold; such an enrollment is unreadable anyway.
            if is_id(user_id):
                return EnrollmentPage(tuple(enrollments), cursor_after(user_id))

    def context(self, user_id: str, course_id: str, coupon_code: str | None = None) -> EnrollmentContext:
        """Everything a decision about enrolling needs, in one request."""
        wanted = _context_keys(user_id, course_id, coupon_code)
        found = self.table.get_many(list(wanted.values()))
        items = {name: found.get(key) for name, key in wanted.items()}
        course, student, enrollment = (items.get(name) for name in ("course", "student", "enrollment"))
        lock, coupon, use = (items.get(name) for name in ("lock", "coupon", "use"))
        return EnrollmentContext(
            course=course_from_item(course, self.currency) if course else None,
            student=student_from_item(student) if student else None,
            enrollment=enrollment_from_item(enrollment) if enrollment else None,
            payment_session_id=str(lock["paymentSessionId"]) if lock else None,
            coupon=coupon_from_item(coupon) if coupon else None,
            coupon_held_by=str(use["paymentSessionId"]) if use else None,
        )


def _context_keys(user_id: str, course_id: str, coupon_code: str | None) -> dict[str, Key]:
    # What has no valid id is not there, and is not asked for.
    wanted = {"student": keys.student(user_id)}
    if is_id(course_id):
        wanted |= {
            "course": keys.course(course_id),
            "enrollment": keys.enrollment(user_id, course_id),
            "lock": keys.checkout_lock(user_id, course_id),
        }
    if coupon_code and is_id(coupon_code):
        wanted |= {"coupon": keys.coupon(coupon_code), "use": keys.coupon_use(user_id, coupon_code)}
    return wanted


def _payment_attributes(payment: Payment) -> Item:
    return {
        "provider": payment.provider,
        "paymentSessionId": payment.payment_session_id,
        f"{payment.provider}SessionId": payment.provider_session_id,
        f"{payment.provider}PaymentIntentId": payment.provider_payment_id,
        "amount": payment.amount.amount if payment.amount else None,
        "currency": payment.amount.currency if payment.amount else None,
        "discountAmount": payment.discount,
        "couponCode": payment.coupon_code,
    }


def _payment(stored: Attributes) -> Payment | None:
    provider = stored.maybe_text("provider") or _older_provider(stored)
    if provider is None:
        return None
    amount, currency = stored.maybe_whole("amount"), stored.maybe_text("currency")
    return Payment(
        provider=provider,
        payment_session_id=stored.maybe_text("paymentSessionId"),
        provider_session_id=stored.maybe_text(f"{provider}SessionId"),
        provider_payment_id=stored.maybe_text(f"{provider}PaymentIntentId"),
        amount=None if amount is None or currency is None else Money(amount, currency),
        discount=stored.maybe_whole("discountAmount") or 0,
        coupon_code=stored.maybe_text("couponCode"),
    )


def _older_provider(stored: Attributes) -> str | None:
    """The provider of an enrollment older than payment sessions: whose session it names."""
    named = [name.removesuffix(_SESSION) for name in stored.item if name.endswith(_SESSION)]
    return next((provider for provider in named if provider != "payment"), None)
