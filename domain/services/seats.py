"""Seats: the ledger entries of enrollments that begin or end without a payment."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve, frozen

from domain.audit import AuditRecord
from domain.courses import Course
from domain.enrollments import Enrollment
from domain.errors import CourseNotFound, EnrollmentBusy, RecordUnreadable, SeatLapsed, StudentNotFound
from domain.ledger import LedgerEntry
from domain.payment_sync import SyncPolicy
from domain.ports.backoff import attempts
from domain.ports.courses import CourseRepo
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions import bookkeeping
from domain.transactions.bookkeeping import BookedCourse
from domain.transactions.conflicts import AlreadyEnrolled, EntryExists, TransactionConflict
from domain.transactions.payments import enroll_for_free

ATTEMPTS = 4

_MILLISECOND = timedelta(milliseconds=1)


def booked_course(course: Course, policy: SyncPolicy) -> BookedCourse:
    """What the ledger says about a course."""
    return BookedCourse(course.name, course.price.currency if course.price else policy.currency)


@frozen(kw_only=True)
class EnrollWithoutPayment:
    """Stores an enrollment that costs nothing, together with its seat in the ledger."""

    unit_of_work: UnitOfWork
    policy: SyncPolicy

    def __call__(
        self, enrollment: Enrollment, course: Course, *, outcome: str, record: AuditRecord | None = None
    ) -> Enrollment:
        """The enrollment as stored. Two of one student in one course cannot begin in the same millisecond: the later
        one takes the next.

        Raises:
            AlreadyEnrolled: the student is enrolled in the course; the error has that enrollment.
            SeatLapsed: the course has a capacity, and no seat is held for the student any more.
            StudentNotFound: there is a ``record``, and the student was deleted meanwhile.
            EnrollmentBusy: others kept enrolling the student; try again.
        """
        booked = booked_course(course, self.policy)
        if course.capacity is not None:
            enrollment = evolve(enrollment, seat=True)
        for _ in attempts(ATTEMPTS):
            entry = bookkeeping.free_sale(enrollment, booked, self.policy.calendar, outcome=outcome)
            try:
                self.unit_of_work.commit(enroll_for_free(enrollment, entry, record))
            except TransactionConflict as conflict:
                match conflict.first:
                    case AlreadyEnrolled() | StudentNotFound() | SeatLapsed() as reason:
                        raise reason from conflict
                    case EntryExists():
                        enrollment = evolve(enrollment, enrolled_at=enrollment.enrolled_at + _MILLISECOND)
                    case _:
                        raise
            else:
                return enrollment
        raise EnrollmentBusy


@frozen(kw_only=True)
class BookedCourses:
    """What the ledger says about courses, of which some may be gone: it must be possible to leave those, too."""

    courses: CourseRepo
    policy: SyncPolicy

    def __call__(self, course_id: str) -> BookedCourse:
        """The course's name and currency; its id and the school's currency where it cannot be read."""
        try:
            return booked_course(self.courses.get(course_id), self.policy)
        except (CourseNotFound, RecordUnreadable):
            return BookedCourse(course_id, self.policy.currency)


@frozen(kw_only=True)
class SeatEntries:
    """Makes the entry of an enrollment that a person ends or gives back, under the payment that had paid for it."""

    booked_courses: BookedCourses
    sessions: PaymentSessionRepo
    policy: SyncPolicy

    def __call__(self, enrollment: Enrollment, record: AuditRecord, *, change: int) -> LedgerEntry:
        """The entry: ``change`` is +1 or -1, ``record`` the audit record of the same transaction."""
        calendar, own = self.policy.calendar, enrollment.payment_session_id
        session = self.sessions.find(enrollment.user_id, own) if own else None
        if session is not None:
            dated = evolve(session, updated_at=record.at)
            return bookkeeping.seat(dated, calendar, entry_id=record.audit_id, change=change, by=record.by)
        return bookkeeping.enrollment_seat(
            enrollment,
            self.booked_courses(enrollment.course_id),
            calendar,
            entry_id=record.audit_id,
            change=change,
            by=record.by,
            at=record.at,
        )
