"""Transactions of money that goes back and of enrollments that end. Pure functions from values to writes.

T7 request a refund, T8 sync one reversal, T11 revoke, and reinstating or lifting a bar.
"""

from __future__ import annotations

from attrs import evolve, frozen

from domain.audit import AuditRecord
from domain.enrollments import EndedEnrollment
from domain.ledger import LedgerEntry, SchoolCalendar
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.transactions import bookkeeping
from domain.transactions.payments import Writes
from domain.transactions.writes import (
    AddAuditRecord,
    AddLedgerEntry,
    ChangeEnded,
    ChangeReversedSums,
    EndEnrollment,
    ReinstateEnrollment,
    ReleaseCheckoutLock,
    ReleaseCoupon,
    ReleaseCouponUse,
    RequireNoEnrollmentOf,
    RequireNotEnrolled,
    RequireStudent,
    RequireSumsUnchanged,
    SaveReversal,
    Write,
)


@frozen(kw_only=True)
class AccessChange:
    """What a sync does to the student's access: at most one of these is set.

    ``end`` ends the enrollment that this payment paid for; ``previous`` is the ended one that it replaces. ``relabel``
    gives an enrollment that this payment's trouble ended before another cause or bar. ``reinstate`` gives access back.
    """

    end: EndedEnrollment | None = None
    previous: EndedEnrollment | None = None
    relabel: tuple[EndedEnrollment, EndedEnrollment] | None = None
    reinstate: EndedEnrollment | None = None

    @property
    def seat(self) -> int:
        """By how much the number of enrolled students changes."""
        return (1 if self.reinstate else 0) - (1 if self.end else 0)


def request_refund(before: PaymentSession, after: PaymentSession, refund: Reversal, record: AuditRecord) -> Writes:
    """T7: a refund is on record before the provider is asked for it."""
    return (ChangeReversedSums(before, after), SaveReversal(refund), AddAuditRecord(record))


def record_repayment(
    before: PaymentSession,
    after: PaymentSession,
    repayment: Reversal,
    record: AuditRecord,
    *,
    access: AccessChange,
    calendar: SchoolCalendar,
) -> Writes:
    """T8m: money was given back outside the provider, on a person's word."""
    return (
        *sync_reversal(before, after, None, repayment, access=access, calendar=calendar),
        AddAuditRecord(record),
    )


def sync_reversal(
    before: PaymentSession,
    after: PaymentSession,
    known: Reversal | None,
    reversal: Reversal,
    *,
    access: AccessChange,
    calendar: SchoolCalendar,
) -> Writes:
    """T8: store what the provider says about one reversal, with everything that follows from it.

    ``known`` is the reversal as read, None for a new one.
    """
    entry = bookkeeping.reversal(after, known, reversal, calendar, seat=access.seat)
    return (
        ChangeReversedSums(before, after),
        SaveReversal(reversal, known),
        *((AddLedgerEntry(entry),) if entry else ()),
        *_access(before, after, access),
        *_given_back(before, after),
    )


def reject_refund(
    before: PaymentSession, after: PaymentSession, known: Reversal, rejected: Reversal, record: AuditRecord
) -> Writes:
    """T8r: the provider refused a refund for good, and a finished sync did not find it."""
    return (ChangeReversedSums(before, after), SaveReversal(rejected, known), AddAuditRecord(record))


def record_sums(
    before: PaymentSession, after: PaymentSession, calendar: SchoolCalendar, *, seat_is_booked: bool = False
) -> Writes:
    """Store what a session older than the ledger received, or when it is to be synced next.

    A completed one has enrolled its student: the sale books the seat, which an end of the enrollment takes away, unless
    a person decided to enroll and the decision has booked it.
    """
    first = before.received is None and after.received is not None
    seat = int(before.status is Status.COMPLETED and not seat_is_booked)
    entry = bookkeeping.sale(after, calendar, outcome=after.status.value, seat=seat) if first else None
    return (ChangeReversedSums(before, after), *((AddLedgerEntry(entry),) if entry else ()))


def revoke(ended: EndedEnrollment, previous: EndedEnrollment | None, record: AuditRecord, entry: LedgerEntry) -> Writes:
    """T11: a person ends an enrollment, and ``entry`` its seat. What was paid for it is kept."""
    return (EndEnrollment(ended, previous), AddLedgerEntry(entry), AddAuditRecord(record))


def reinstate(
    ended: EndedEnrollment, session: PaymentSession | None, record: AuditRecord, entry: LedgerEntry
) -> Writes:
    """A person gives an ended enrollment back, and ``entry`` its seat, to a student who was not deleted.

    ``session`` had paid for it and still does, None if none did.
    """
    return (
        ReinstateEnrollment(ended),
        *((RequireSumsUnchanged(session),) if session else ()),
        AddLedgerEntry(entry),
        AddAuditRecord(record),
        RequireStudent(ended.enrollment.user_id),
    )


def set_bar(ended: EndedEnrollment, record: AuditRecord) -> Writes:
    """A person keeps the student of an enrollment that has ended from enrolling in the course again.

    If they are enrolled again, it conflicts: that enrollment is to be ended.
    """
    enrollment = ended.enrollment
    return (
        ChangeEnded(ended, evolve(ended, barred=True)),
        RequireNotEnrolled(enrollment.user_id, enrollment.course_id),
        AddAuditRecord(record),
    )


def lift_bar(ended: EndedEnrollment, record: AuditRecord) -> Writes:
    """A person lets the student enroll in the course again."""
    return (ChangeEnded(ended, evolve(ended, barred=False)), AddAuditRecord(record))


def _access(before: PaymentSession, after: PaymentSession, access: AccessChange) -> Writes:
    writes: list[Write] = []
    if access.end is not None:
        writes.append(EndEnrollment(access.end, access.previous))
    elif access.reinstate is not None:
        writes.append(ReinstateEnrollment(access.reinstate))
    else:
        if access.relabel is not None:
            writes.append(ChangeEnded(*access.relabel))
        if before.status is not Status.REVERSED and after.status is Status.REVERSED:
            # Without this a reinstatement in the same moment would leave an active enrollment without money.
            writes.append(RequireNoEnrollmentOf(after.user_id, after.course_id, after.payment_session_id))
    return tuple(writes)


def _given_back(before: PaymentSession, after: PaymentSession) -> Writes:
    """What is released when nothing of the payment is kept any more: the coupon after refunds, a review's lock."""
    if before.kept <= 0 or after.kept > 0:
        return ()
    sums, coupon = after.reversed_sums, after.coupon
    by_refunds_alone = sums.charged_back == 0 and sums.disputed == 0
    return (
        *((ReleaseCoupon(coupon),) if coupon and by_refunds_alone and coupon.counted else ()),
        *((ReleaseCouponUse(after, coupon, redeemed=True),) if coupon and by_refunds_alone else ()),
        *((ReleaseCheckoutLock(after),) if before.status is Status.REVIEW else ()),
    )
