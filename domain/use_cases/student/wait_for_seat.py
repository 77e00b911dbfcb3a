"""A student waits for a seat of a course that is full, looks where they are in line, or leaves it."""

from __future__ import annotations

from attrs import frozen

from domain.courses import INVITATION, Course
from domain.enrollment_requests import EnrollmentContext
from domain.errors import ChangedMeanwhile, EnrollmentBusy, NotInvited, SeatBeingPaid, SeatsFree
from domain.invitations import Invitee
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.invitations import InvitationRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.seats import SeatClaim
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.services.hold_seat import HoldSeats
from domain.students import Identity, Student
from domain.transactions.conflicts import AlreadyEnrolled, TransactionConflict
from domain.transactions.writes import JoinWaitlist, RequireNotEnrolled

ATTEMPTS = 4


@frozen
class PlaceInLine:
    """Where a student stands: ``claim`` is None where they neither wait nor have a seat held; ``position`` counts from
    1 while they wait. ``is_new``: since this call.
    """

    course: Course
    claim: SeatClaim | None = None
    position: int | None = None
    is_new: bool = False


@frozen(kw_only=True)
class ShowPlaceInLine:
    """Shows a student where they are in line, or until when a seat is held for them."""

    courses: CourseRepo
    claims: SeatClaimRepo

    def __call__(self, user_id: str, course_id: str) -> PlaceInLine:
        """Where the student stands.

        Raises:
            CourseNotFound: there is no such course.
        """
        course = self.courses.get(course_id)
        claim = self.claims.find(course_id, user_id) if course.capacity is not None else None
        waits = claim is not None and not claim.is_held
        return PlaceInLine(course, claim, self.claims.position(claim) if claim is not None and waits else None)


@frozen(kw_only=True)
class JoinLine:
    """Puts a student at the end of the line of a course that is full."""

    enrollments: EnrollmentRepo
    claims: SeatClaimRepo
    invitations: InvitationRepo
    get_or_create_student: GetOrCreateStudent
    unit_of_work: UnitOfWork
    clock: Clock

    def __call__(self, identity: Identity, course_id: str) -> PlaceInLine:
        """Where the student stands then. Joining again changes nothing.

        Raises:
            CourseNotFound, CourseNotOpen, SalesClosed, EnrollmentBarred: the course cannot be enrolled in.
            AlreadyEnrolled: the student is in the course.
            NotInvited: it is by invitation, and they have none.
            SeatsFree: there is nothing to wait for.
            WaitlistFull: as many wait as may.
        """
        context = self.enrollments.context(identity.user_id, course_id)
        course = context.require_course()
        course.require_open()
        if context.enrollment is not None:
            raise AlreadyEnrolled(context.enrollment)
        context.require_not_barred()
        if course.capacity is None:
            raise SeatsFree
        student = self.get_or_create_student(identity, context.student)
        for _ in attempts(ATTEMPTS):
            found = self.claims.find(course_id, student.user_id)
            if found is not None:
                position = None if found.is_held else self.claims.position(found)
                return PlaceInLine(course, found, position)
            context.require_sales_open()
            self._require_invited(course, student, context)
            joined = SeatClaim.in_line(course_id, student.user_id, self.clock.now())
            try:
                self.unit_of_work.commit((JoinWaitlist(joined), RequireNotEnrolled(student.user_id, course_id)))
            except TransactionConflict as conflict:
                if not isinstance(conflict.first, ChangedMeanwhile):
                    raise conflict.first from None
            else:
                return PlaceInLine(course, joined, self.claims.position(joined), is_new=True)
        raise EnrollmentBusy

    def _require_invited(self, course: Course, student: Student, context: EnrollmentContext) -> None:
        """Nobody waits for a seat that they could not take."""
        if course.pricing_model != INVITATION:
            return
        invitees = Invitee.possible(student)
        found = self.invitations.find(course.course_id, map(self.invitations.id_of, invitees))
        began = context.ended.enrollment.enrolled_at if context.ended else None
        now = self.clock.now()
        if not any(one.admits(student.user_id, now, ended_enrollment_of=began) for one in found):
            raise NotInvited


@frozen(kw_only=True)
class LeaveLine:
    """Takes a student out of the line, or gives back the seat that is held for them; the next in line gets it."""

    courses: CourseRepo
    claims: SeatClaimRepo
    seats: HoldSeats

    def __call__(self, user_id: str, course_id: str) -> PlaceInLine:
        """That they have no place in line. Leaving again changes nothing.

        Raises:
            CourseNotFound: there is no such course.
            SeatBeingPaid: they are paying for the seat: the checkout has to be cancelled first.
            EnrollmentBusy: their place kept changing; try again.
        """
        course = self.courses.get(course_id)
        for _ in attempts(ATTEMPTS):
            claim = self.claims.find(course_id, user_id)
            if claim is None:
                return PlaceInLine(course)
            if not self.seats.drop(claim):
                raise SeatBeingPaid
            if claim.is_held:
                self.seats.offer(course_id)
        raise EnrollmentBusy
