"""Courses with a capacity: who gets a seat may enroll, as their pricing model says; the others wait in line."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from attrs import frozen

from domain.enrollment_requests import EnrollmentRequest, EnrollmentResult
from domain.errors import CourseFull, DomainError, PricingModelUnknown, SeatLapsed, Unavailable
from domain.services.enrollment_strategies import EnrollmentStrategy
from domain.services.hold_seat import HoldSeats


@frozen(kw_only=True)
class EnrollWithSeat(EnrollmentStrategy):
    """Holds a seat first, in a transaction of its own, and then enrolls by the strategy of the pricing model.

    ``by_pricing_model`` are the other strategies. Their transactions hold only while the seat is held
    (``SeatingUnitOfWork``), so that there is never a checkout without a seat.
    """

    by_pricing_model: Mapping[str, EnrollmentStrategy]
    seats: HoldSeats

    def __call__(self, request: EnrollmentRequest) -> EnrollmentResult:
        """Enroll the student, or let them pay.

        Raises:
            CourseFull: no seat is free, or others wait for one; the student can join the line.
            PricingModelUnknown: no strategy is registered for the pricing model.
        """
        enroll = self.by_pricing_model.get(request.course.pricing_model)
        if enroll is None:
            raise PricingModelUnknown
        request.context.require_not_barred()
        is_new = self._hold(request)
        try:
            return enroll(request)
        except SeatLapsed:
            raise CourseFull from None
        except DomainError:
            if is_new:
                self._give_back(request)
            raise

    def _hold(self, request: EnrollmentRequest) -> bool:
        """Hold a seat; True if it is held since now.

        Who has a checkout open from before the course had a capacity may go on with it without a seat.
        """
        if request.context.payment_session_id is None:
            request.context.require_sales_open()
        try:
            _, is_new = self.seats.hold(request.course, request.student.user_id)
        except CourseFull:
            if request.context.payment_session_id is None:
                raise
            return False
        return is_new

    def _give_back(self, request: EnrollmentRequest) -> None:
        """Nothing came of it: others may have the seat at once. One with an open checkout stays."""
        with suppress(Unavailable):  # it lapses by itself
            claim = self.seats.claims.find(request.course.course_id, request.student.user_id)
            if claim is not None and claim.is_held:
                self.seats.drop(claim)
