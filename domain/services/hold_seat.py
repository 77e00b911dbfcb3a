"""Holding, offering and giving back the seats of courses with a capacity."""

from __future__ import annotations

from attrs import frozen

from domain.courses import Course
from domain.errors import ChangedMeanwhile, CheckoutInProgress, CourseFull, CourseNotFound, SeatLapsed
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.school import SchoolRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.seats import SeatClaim
from domain.transactions.conflicts import AlreadyEnrolled, TransactionConflict
from domain.transactions.writes import DropClaim, HoldSeat, RequireNotEnrolled, Write

ATTEMPTS = 4

OFFERS = 25
"""How many seats of one course are offered at once; the next run offers more."""


@frozen(kw_only=True)
class HoldSeats:
    """Changes claims, each together with the course's counters."""

    courses: CourseRepo
    claims: SeatClaimRepo
    school: SchoolRepo
    unit_of_work: UnitOfWork
    clock: Clock
    telemetry: Telemetry

    def hold(self, course: Course, user_id: str, *, ahead: bool = False) -> tuple[SeatClaim, bool]:
        """The seat that is held for the student while they enroll, and whether it is held since now.

        ``ahead``: even if others wait for one, as an administrator may decide.

        Raises:
            CourseFull: no seat is free, or others wait for one, or the student waits and it is not their turn.
            AlreadyEnrolled: the student has been enrolled in the same moment.
        """
        for _ in attempts(ATTEMPTS):
            found = self.claims.find(course.course_id, user_id)
            if found is not None and found.is_held:
                return found, False
            if found is not None and not ahead:
                raise CourseFull
            held = SeatClaim.while_enrolling(course.course_id, user_id, self.clock.now())
            try:
                self._commit(HoldSeat(held, found, ahead=ahead), RequireNotEnrolled(user_id, course.course_id))
            except ChangedMeanwhile:
                continue
            return held, True
        raise CourseFull

    def offer(self, course_id: str) -> int:
        """Hold free seats for those who are first in line, and notify them. Returns for how many; safe to repeat.

        None while nobody may enroll: they would be notified of a seat that they cannot take, and lose their place.
        """
        try:
            course = self.courses.get(course_id)
        except CourseNotFound:
            return 0
        free = 0 if course.capacity is None else min(course.capacity - course.seats_taken, OFFERS)
        if free > 0 and not self._is_open(course):
            return 0
        offered = 0
        for claim in self.claims.in_line(course_id, at_most=free) if free > 0 else ():
            served = claim.served(self.clock.now())
            try:
                self._commit(
                    HoldSeat(served, claim, course_name=course.name), RequireNotEnrolled(claim.user_id, course_id)
                )
            except ChangedMeanwhile:
                continue  # they have left, or have their seat already
            except AlreadyEnrolled:
                self.drop(claim)  # enrolled by other means, while they waited
                continue
            except (CourseFull, CourseNotFound):
                break
            offered += 1
            self.telemetry.emit(Signal.SEAT_OFFERED, user_id=claim.user_id, course_id=course_id)
        return offered

    def _is_open(self, course: Course) -> bool:
        """Whether somebody new may enroll in the course now."""
        return not (course.coming_soon or course.sales_closed or self.school.get().sales_closed)

    def drop(self, claim: SeatClaim) -> bool:
        """Take a student out of the line, or give back their seat; False if it stays, since they are paying for it.

        A claim that has changed meanwhile is left alone.
        """
        try:
            self._commit(DropClaim(claim))
        except CheckoutInProgress:
            return False
        except (ChangedMeanwhile, CourseNotFound, SeatLapsed):
            return True
        return True

    def _commit(self, *writes: Write) -> None:
        try:
            self.unit_of_work.commit(writes)
        except TransactionConflict as conflict:
            raise conflict.first from None
