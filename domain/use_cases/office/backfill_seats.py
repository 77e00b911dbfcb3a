"""An operator gives enrollments that no payment session paid for, from before the ledger, their seats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from domain.enrollments import Enrollment
from domain.errors import reason_of
from domain.payment_sync import SyncPolicy
from domain.ports.ledger import LedgerRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.services.seats import BookedCourses
from domain.transactions import bookkeeping
from domain.transactions.payments import Writes
from domain.transactions.writes import AddLedgerEntry, AdvanceEnrollment


@frozen(kw_only=True)
class StoredEnrollment:
    """An enrollment as a scan of the store finds it. ``is_active``: it has not ended."""

    enrollment: Enrollment
    is_active: bool


@frozen(kw_only=True)
class BackfilledSeat:
    """One enrollment without a seat. ``reason`` says why none could be booked, empty where one was or would be."""

    enrollment: Enrollment
    reason: str = ""


@frozen(kw_only=True)
class BackfillSeats:
    """Books the seat of every active enrollment that has none, on the day when it began, so that the seats of a course
    add up to its enrollments. One that ended has a seat to book only if its end is booked.

    Enrollments of payment sessions get theirs with the session's sale. Safe to repeat, while the product runs too.
    """

    ledger: LedgerRepo
    booked_courses: BookedCourses
    unit_of_work: UnitOfWork
    policy: SyncPolicy

    def __call__(self, found: Iterable[StoredEnrollment], *, apply: bool) -> Iterator[BackfilledSeat]:
        """What becomes of each enrollment without a seat; without ``apply`` nothing is written."""
        for stored in found:
            enrollment, reason = stored.enrollment, ""
            if enrollment.payment_session_id is not None or not self._lacks_seat(stored):
                continue
            try:
                if apply:
                    self.unit_of_work.commit(self._booking(stored))
            except Exception as error:  # noqa: BLE001 - one enrollment must not stop the others
                reason = reason_of(error)
            yield BackfilledSeat(enrollment=enrollment, reason=reason)

    def _lacks_seat(self, stored: StoredEnrollment) -> bool:
        entries = self.ledger.of_payment(*bookkeeping.enrollment_key(stored.enrollment))
        return sum(entry.seat for entry in entries) != int(stored.is_active)

    def _booking(self, stored: StoredEnrollment) -> Writes:
        enrollment = stored.enrollment
        course = self.booked_courses(enrollment.course_id)
        entry = bookkeeping.free_sale(enrollment, course, self.policy.calendar, outcome="backfilled")
        # Written back as read: an enrollment that ends in this moment conflicts, and is found ended by the next run.
        still_there = (AdvanceEnrollment(enrollment, enrollment),) if stored.is_active else ()
        return (*still_there, AddLedgerEntry(entry))
