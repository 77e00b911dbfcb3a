"""An administrator gives an enrollment, ends one, gives it back, or lifts a bar."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen

from domain.audit import ActorRole, AuditAction, AuditRecord, a_reason, stripped
from domain.enrollments import GRANTED, EndCause, EndedEnrollment, Enrollment
from domain.errors import (
    CourseFull,
    EnrollmentBusy,
    EnrollmentNotFound,
    NotEntitled,
    PaymentInReview,
    PaymentProcessing,
    SeatLapsed,
    StudentNotFound,
)
from domain.payment_sync import SyncPolicy
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.identifiers import IdGenerator
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.checkout import CheckoutService
from domain.services.hold_seat import HoldSeats
from domain.services.seats import EnrollWithoutPayment, SeatEntries
from domain.students import Student
from domain.transactions.conflicts import AlreadyEnrolled, EnrollmentConflict, SessionConflict, TransactionConflict
from domain.transactions.reversals import lift_bar, reinstate, revoke, set_bar
from domain.transactions.writes import Write

ATTEMPTS = 4
_NONE_ENDED = "The student has no enrollment in this course that ended."


@frozen(kw_only=True)
class EnrollmentOrder:
    """What an administrator decides about one student and one course: ``by`` is their id, ``role`` that in which they
    act, ``reason`` 1 to 500 characters.
    """

    user_id: str
    course_id: str
    by: str
    role: ActorRole | None = None
    reason: str = field(converter=stripped, validator=a_reason)

    def record(self, action: AuditAction, audit_id: str, at: datetime) -> AuditRecord:
        """The audit record of carrying it out."""
        return AuditRecord(
            audit_id=audit_id,
            user_id=self.user_id,
            action=action,
            by=self.by,
            role=self.role,
            at=at,
            reason=self.reason,
            after={"courseId": self.course_id},
        )


@frozen(kw_only=True)
class GrantEnrollment:
    """Enrolls a student without a payment. An open checkout for the course is closed first."""

    enrollments: EnrollmentRepo
    sessions: PaymentSessionRepo
    checkout_service: CheckoutService
    enroll: EnrollWithoutPayment
    seats: HoldSeats
    clock: Clock
    ids: IdGenerator
    telemetry: Telemetry

    def __call__(self, order: EnrollmentOrder) -> Enrollment:
        """The student's enrollment in the course. Repeating it answers the one that is there.

        Raises:
            CourseNotFound, StudentNotFound: there is no such course or student.
            CourseFull: every seat is taken or held; a larger capacity helps.
            PaymentProcessing, PaymentInReview: a payment for the course is under way or awaits a decision.
            ProviderUnavailable: the open checkout cannot be closed now.
        """
        context = self.enrollments.context(order.user_id, order.course_id)
        course = context.require_course()
        if context.student is None:
            raise StudentNotFound
        if context.enrollment is not None:
            return context.enrollment
        if context.payment_session_id is not None:
            self._close(context.student, context.payment_session_id)
        now = self.clock.now()
        enrollment = Enrollment.granted(
            user_id=order.user_id, course_id=order.course_id, by=order.by, reason=order.reason, at=now
        )
        if context.ended is not None:
            enrollment = enrollment.with_progress_of(context.ended.enrollment)
        record = order.record(AuditAction.ENROLLMENT_GRANTED, self.ids.audit_id(), now)
        try:
            if course.capacity is not None:
                self.seats.hold(course, order.user_id, ahead=True)
            enrollment = self.enroll(enrollment, course, outcome=GRANTED, record=record)
        except AlreadyEnrolled as conflict:
            return conflict.enrollment
        except SeatLapsed:
            raise CourseFull from None
        self.telemetry.emit(Signal.ENROLLMENT_GRANTED, reason="grant", user_id=order.user_id, course_id=order.course_id)
        return enrollment

    def _close(self, student: Student, payment_session_id: str) -> None:
        """Close the student's checkout for the course, so that nobody pays for what is given."""
        session = self.sessions.find(student.user_id, payment_session_id)
        if session is not None and session.is_live:
            session = self.checkout_service.close(session, student)
        _require_over(session)


@frozen(kw_only=True)
class RevokeEnrollment:
    """Ends a student's enrollment. What was paid for it is kept until it is refunded."""

    enrollments: EnrollmentRepo
    seats: SeatEntries
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator
    telemetry: Telemetry

    def __call__(self, order: EnrollmentOrder, *, bar: bool = False) -> EndedEnrollment:
        """The ended enrollment; ``bar`` keeps the student from enrolling again. Repeating it changes nothing more, but
        that a bar may be set later.

        Raises:
            EnrollmentNotFound: the student is not enrolled, and was not revoked before.
            EnrollmentBusy: it kept changing; try again.
        """
        for _ in attempts(ATTEMPTS):
            # The enrollment last: the answer that there is none left is as true as when it is given.
            previous = self.enrollments.ended(order.user_id, order.course_id)
            found = self.enrollments.find(order.user_id, order.course_id)
            now = self.clock.now()
            if found is None:
                if previous is None or previous.cause is not EndCause.REVOKED:
                    raise EnrollmentNotFound("The student is not enrolled in this course.")
                if previous.barred or not bar:
                    return previous
                record = order.record(AuditAction.ENROLLMENT_REVOKED, self.ids.audit_id(), now)
                if _committed(self.unit_of_work, set_bar(previous, record)):
                    return evolve(previous, barred=True)
                continue
            ended = EndedEnrollment(
                enrollment=found,
                ended_at=now,
                cause=EndCause.REVOKED,
                ended_by=order.by,
                reason=order.reason,
                barred=bar,
            )
            record = order.record(AuditAction.ENROLLMENT_REVOKED, self.ids.audit_id(), now)
            entry = self.seats(found, record, change=-1)
            if _committed(self.unit_of_work, revoke(ended, previous, record, entry)):
                self.telemetry.emit(
                    Signal.ENROLLMENT_ENDED, reason="revoked", user_id=order.user_id, course_id=order.course_id
                )
                return ended
        raise EnrollmentBusy


@frozen(kw_only=True)
class ReinstateEnrollment:
    """Gives an ended enrollment back, if what was paid for it is still kept."""

    enrollments: EnrollmentRepo
    sessions: PaymentSessionRepo
    seats: SeatEntries
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator
    telemetry: Telemetry
    policy: SyncPolicy

    def __call__(self, order: EnrollmentOrder) -> Enrollment:
        """The enrollment, active again with its progress. Repeating it answers the one that is there.

        Raises:
            EnrollmentNotFound: the student has no enrollment in this course that ended.
            StudentNotFound: the student was deleted.
            NotEntitled: its payment went back; grant an enrollment instead.
            EnrollmentBusy: it kept changing; try again.
        """
        for _ in attempts(ATTEMPTS):
            active = self.enrollments.find(order.user_id, order.course_id)
            if active is not None:
                return active
            ended = self.enrollments.ended(order.user_id, order.course_id)
            if ended is None:
                raise EnrollmentNotFound(_NONE_ENDED)
            session = self._paying_session(ended)
            now = self.clock.now()
            record = order.record(AuditAction.ENROLLMENT_REINSTATED, self.ids.audit_id(), now)
            entry = self.seats(ended.enrollment, record, change=1)
            if _committed(self.unit_of_work, reinstate(ended, session, record, entry)):
                self.telemetry.emit(
                    Signal.ENROLLMENT_REINSTATED, reason="office", user_id=order.user_id, course_id=order.course_id
                )
                return ended.enrollment
        raise EnrollmentBusy

    def _paying_session(self, ended: EndedEnrollment) -> PaymentSession | None:
        if ended.payment_session_id is None:
            return None
        session = self.sessions.find(ended.enrollment.user_id, ended.payment_session_id)
        entitles = session is not None and session.entitles(access_during_dispute=self.policy.access_during_dispute)
        if session is None or session.status is not Status.COMPLETED or not entitles:
            raise NotEntitled
        return session


@frozen(kw_only=True)
class LiftBar:
    """Lets a student enroll in a course again after a lost dispute or a revocation with a bar."""

    enrollments: EnrollmentRepo
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(self, order: EnrollmentOrder) -> EndedEnrollment:
        """The ended enrollment without a bar. Repeating it changes nothing more.

        Raises:
            EnrollmentNotFound: the student has no enrollment in this course that ended.
            EnrollmentBusy: it kept changing; try again.
        """
        for _ in attempts(ATTEMPTS):
            ended = self.enrollments.ended(order.user_id, order.course_id)
            if ended is None:
                raise EnrollmentNotFound(_NONE_ENDED)
            if not ended.barred:
                return ended
            record = order.record(AuditAction.BAR_LIFTED, self.ids.audit_id(), self.clock.now())
            if _committed(self.unit_of_work, lift_bar(ended, record)):
                found = self.enrollments.ended(order.user_id, order.course_id)
                return found or ended
        raise EnrollmentBusy


def _require_over(session: PaymentSession | None) -> None:
    if session is not None and session.status is Status.PROCESSING:
        raise PaymentProcessing("The student's bank is still confirming a payment for this course. Wait until it has.")
    if session is not None and session.awaits_decision:
        raise PaymentInReview(
            "A payment of the student for this course awaits a decision. Please decide about it first."
        )


def _committed(unit_of_work: UnitOfWork, writes: tuple[Write, ...]) -> bool:
    """Make the writes; False if the enrollment or its payment is not as it was read."""
    try:
        unit_of_work.commit(writes)
    except TransactionConflict as conflict:
        if isinstance(conflict.first, EnrollmentConflict | AlreadyEnrolled | SessionConflict):
            return False
        if isinstance(conflict.first, StudentNotFound):
            raise conflict.first from conflict
        raise
    return True
