"""The office gives a course a capacity, changes it, and mends its counters."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.audit import AuditAction, AuditSubject, Authorship
from domain.changes import differences
from domain.courses import Course
from domain.errors import InvalidValue
from domain.paging import every_entry
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.seats import MOST_WAITING
from domain.services.hold_seat import HoldSeats
from domain.services.record_change import RecordChange
from domain.transactions.writes import ChangeCapacity, CorrectSeats

_PAGE = 100
_COUNTERS = ("seats_taken", "waiting")


@frozen(kw_only=True)
class CountSeats:
    """Counts one by one what a course's counters should be."""

    enrollments: EnrollmentRepo
    claims: SeatClaimRepo

    def __call__(self, course: Course) -> Course:
        """The course with its counters as they were counted: everybody enrolled, every seat held, everybody in line.

        A held seat becomes an enrollment without moving a counter: seats are read first, so that none is overlooked.
        """
        seated = {claim.user_id for claim in self.claims.held(course.course_id)}
        enrolled = every_entry(lambda at: self.enrollments.of_course(course.course_id, limit=_PAGE, cursor=at))
        seated |= {enrollment.user_id for enrollment in enrolled}
        waiting = len(self.claims.in_line(course.course_id, at_most=MOST_WAITING))
        return evolve(course, seats_taken=len(seated), waiting=waiting)


@frozen(kw_only=True)
class SetCapacity:
    """Changes how many seats a course has. Those who wait get what becomes free."""

    courses: CourseRepo
    count_seats: CountSeats
    seats: HoldSeats
    record_change: RecordChange

    def __call__(self, course_id: str, capacity: int | None, author: Authorship) -> Course:
        """The course as it is then. None: everybody who asks gets in. Repeating it changes nothing more.

        Where the course had no capacity, everybody who is enrolled is counted first.

        Raises:
            CourseNotFound: there is no such course.
            CapacityTooLow: more seats are taken or held than that.
            InvalidValue: it is no number of seats, or people wait and the course is to have no capacity any more.
            ChangedMeanwhile: it changed in the same moment; look again.
        """
        before, changed = self.plan(course_id, capacity)
        if before.capacity != capacity:
            old, new = differences(before, changed, ("capacity",))
            self.record_change(
                ChangeCapacity(before, changed),
                AuditAction.CAPACITY_CHANGED,
                AuditSubject(course_id=course_id),
                author,
                before=old,
                after=new,
            )
        self.seats.offer(course_id)
        return self.courses.get(course_id)

    def plan(self, course_id: str, capacity: int | None) -> tuple[Course, Course]:
        """The course as it is, and as it would be. Raises what setting the capacity raises."""
        before = self.courses.get(course_id)
        counted = self.count_seats(before) if before.capacity is None and capacity is not None else before
        try:
            changed = evolve(counted, capacity=capacity)
        except ValueError:
            raise InvalidValue("capacity must be a number of seats from 1 to 100000.") from None
        if capacity is None and before.waiting:
            raise InvalidValue("People wait for a seat of this course: give it a capacity for all of them first.")
        return before, changed


@frozen(kw_only=True)
class RecountSeats:
    """Mends the counters of courses with a capacity, where two counts agree that they are wrong."""

    courses: CourseRepo
    count_seats: CountSeats
    seats: HoldSeats
    record_change: RecordChange
    telemetry: Telemetry

    def __call__(self, course_id: str, author: Authorship) -> Course:
        """The course, with true counters. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
            ChangedMeanwhile: seats were taken or freed while they were counted; count again.
        """
        course = self.courses.get(course_id)
        counted = self.count_seats(course)
        if course.capacity is None or counted == course or self.count_seats(course) != counted:
            return course
        before, after = differences(course, counted, _COUNTERS)
        self.record_change(
            CorrectSeats(course, counted),
            AuditAction.SEATS_RECOUNTED,
            AuditSubject(course_id=course_id),
            author,
            before=before,
            after=after,
        )
        self.telemetry.emit(Signal.DIFFERENCE_FOUND, reason="seat_counter", course_id=course_id)
        self.seats.offer(course_id)
        return counted
