"""Every few minutes: seats that nobody took are given back, and free ones are offered to who waits."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from domain.errors import reason_of
from domain.ports.clock import Clock
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.services.hold_seat import HoldSeats

AT_ONCE = 200
"""Seats and courses of one run; the next run goes on."""


@frozen
class SeatReport:
    """What a run did: seats given back, seats offered, and how many seats or courses failed."""

    lapsed: int
    offered: int
    failed: int


@frozen(kw_only=True)
class OfferSeats:
    """Gives lapsed seats back and offers free ones. Where nobody waits and no seat is held, that is two queries."""

    claims: SeatClaimRepo
    seats: HoldSeats
    clock: Clock
    telemetry: Telemetry

    def __call__(self) -> SeatReport:
        """What was done. One that fails is reported and stops no other."""
        lapsed = offered = failed = 0
        for claim in self.claims.lapsed(before=self.clock.now(), at_most=AT_ONCE):
            dropped = self._tried(lambda claim=claim: int(self.seats.drop(claim)), claim.course_id)  # type: ignore[misc]
            failed += dropped is None
            if dropped:
                lapsed += 1
                self.telemetry.emit(
                    Signal.SEAT_LAPSED,
                    reason="offered" if claim.offered else "enrolling",
                    user_id=claim.user_id,
                    course_id=claim.course_id,
                )
        for course_id in self.claims.courses_waited_for(at_most=AT_ONCE):
            seats = self._tried(lambda course_id=course_id: self.seats.offer(course_id), course_id)  # type: ignore[misc]
            failed += seats is None
            offered += seats or 0
        return SeatReport(lapsed, offered, failed)

    def _tried(self, step: Callable[[], int], course_id: str) -> int | None:
        try:
            return step()
        except Exception as error:  # noqa: BLE001 - one seat or course must not stop the others; it is reported
            self.telemetry.emit(Signal.RECONCILE_FAILED, reason=f"seats_{reason_of(error)}", course_id=course_id)
            return None
