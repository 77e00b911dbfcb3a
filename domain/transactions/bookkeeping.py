"""Ledger entries: what to book for a sale, a reversal, or a seat."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from domain.enrollments import Enrollment
from domain.ledger import NO_PROVIDER, EntryKind, LedgerEntry, SchoolCalendar
from domain.payments.events import PaymentEvent
from domain.payments.reversals import Reversal, ReversalKind
from domain.payments.session import PaymentSession

SALE = "SALE"


def payment_key(session: PaymentSession) -> tuple[str, str]:
    """The provider and its id of the session's payment; ``none`` and our own id where nothing was charged."""
    if session.provider_payment_id is None:
        return NO_PROVIDER, session.payment_session_id
    return session.provider, session.provider_payment_id


def sale(
    session: PaymentSession, calendar: SchoolCalendar, *, outcome: str, seat: int, event: PaymentEvent | None = None
) -> LedgerEntry | None:
    """The entry of what a session received; None as long as that is not known."""
    if session.received is None or session.received_currency is None:
        return None
    return _entry(
        session,
        calendar,
        entry_id=SALE,
        kind=EntryKind.SALE,
        amount=session.received,
        currency=session.received_currency,
        list_amount=session.quote.list_price.amount,
        discount_amount=session.quote.discount,
        coupon_code=session.coupon.code if session.coupon else None,
        outcome=outcome,
        seat=seat,
        event_id=event.event_id if event else None,
        event_type=event.event_type if event else None,
    )


def reversal(
    session: PaymentSession, before: Reversal | None, after: Reversal, calendar: SchoolCalendar, *, seat: int = 0
) -> LedgerEntry | None:
    """The entry of what changed between two states of a reversal; None if neither money nor a seat did."""
    difference = (before.counted if before else 0) - after.counted
    if difference == 0 and seat == 0:
        return None
    return _entry(
        session,
        calendar,
        entry_id=f"{after.kind.upper()}#{after.reversal_id}#{after.changes}",
        kind=_kind(after, difference),
        amount=difference,
        currency=after.currency,
        outcome=after.status.value,
        seat=seat,
        coupon_code=session.coupon.code if session.coupon else None,
        by=after.requested_by,
        provider_reversal_id=after.provider_reversal_id,
    )


@frozen
class BookedCourse:
    """What the ledger says about a course beside its id: its name, and the currency of the amounts of zero."""

    name: str
    currency: str


def seat(session: PaymentSession, calendar: SchoolCalendar, *, entry_id: str, change: int, by: str) -> LedgerEntry:
    """The entry of an enrollment that begins or ends without money."""
    currency = session.paid_currency
    return _entry(
        session,
        calendar,
        entry_id=f"SEAT#{entry_id}",
        kind=EntryKind.SEAT,
        amount=0,
        currency=currency,
        coupon_code=session.coupon.code if session.coupon else None,
        seat=change,
        by=by,
    )


def is_decided_seat(entry: LedgerEntry, session: PaymentSession) -> bool:
    """Whether the entry is the seat that a person's decision to enroll booked: in the moment of the decision."""
    decided = session.resolution
    if decided is None or entry.seat != 1 or entry.kind is not EntryKind.SEAT:
        return False
    return abs(entry.recorded_at - decided.at) < timedelta(seconds=1)


def enrollment_key(enrollment: Enrollment) -> tuple[str, str]:
    """The key of the entries about an enrollment that no payment session paid for."""
    began = round(enrollment.enrolled_at.timestamp() * 1000)
    return NO_PROVIDER, f"{enrollment.user_id}.{enrollment.course_id}.{began}"


def free_sale(enrollment: Enrollment, course: BookedCourse, calendar: SchoolCalendar, *, outcome: str) -> LedgerEntry:
    """The sale of an enrollment that costs nothing: of a free course, or given by an administrator."""
    return _enrollment_entry(
        enrollment,
        course,
        entry_id=SALE,
        kind=EntryKind.SALE,
        outcome=outcome,
        seat=1,
        by=enrollment.granted_by,
        calendar=calendar,
        at=enrollment.enrolled_at,
    )


def enrollment_seat(
    enrollment: Enrollment,
    course: BookedCourse,
    calendar: SchoolCalendar,
    *,
    entry_id: str,
    change: int,
    by: str,
    at: datetime,
) -> LedgerEntry:
    """The entry of an enrollment without a payment session that a person ends or gives back."""
    return _enrollment_entry(
        enrollment,
        course,
        entry_id=f"SEAT#{entry_id}",
        kind=EntryKind.SEAT,
        outcome=None,
        seat=change,
        by=by,
        calendar=calendar,
        at=at,
    )


def _enrollment_entry(
    enrollment: Enrollment,
    course: BookedCourse,
    *,
    entry_id: str,
    kind: EntryKind,
    outcome: str | None,
    seat: int,
    by: str | None,
    calendar: SchoolCalendar,
    at: datetime,
) -> LedgerEntry:
    provider, provider_payment_id = enrollment_key(enrollment)
    return LedgerEntry(
        provider=provider,
        provider_payment_id=provider_payment_id,
        entry_id=entry_id,
        kind=kind,
        amount=0,
        currency=course.currency,
        user_id=enrollment.user_id,
        course_id=enrollment.course_id,
        course_name=course.name,
        payment_session_id=enrollment.payment_session_id or "",
        outcome=outcome,
        livemode=False,
        booked_on=calendar.date_of(at),
        recorded_at=at,
        by=by,
        seat=seat,
    )


def _kind(after: Reversal, difference: int) -> EntryKind:
    if difference == 0:
        return EntryKind.SEAT
    returned = difference > 0
    match after.kind:
        case ReversalKind.REFUND:
            return EntryKind.REFUND_FAILED if returned else EntryKind.REFUND
        case ReversalKind.REPAYMENT:
            return EntryKind.MANUAL_REFUND
        case ReversalKind.DISPUTE:
            return EntryKind.DISPUTE_RETURNED if returned else EntryKind.DISPUTE


def _entry(
    session: PaymentSession,
    calendar: SchoolCalendar,
    *,
    entry_id: str,
    kind: EntryKind,
    amount: int,
    currency: str,
    list_amount: int | None = None,
    discount_amount: int | None = None,
    coupon_code: str | None = None,
    outcome: str | None = None,
    seat: int = 0,
    by: str | None = None,
    event_id: str | None = None,
    event_type: str | None = None,
    provider_reversal_id: str | None = None,
) -> LedgerEntry:
    provider, provider_payment_id = payment_key(session)
    return LedgerEntry(
        provider=provider,
        provider_payment_id=provider_payment_id,
        entry_id=entry_id,
        kind=kind,
        amount=amount,
        currency=currency,
        list_amount=list_amount,
        discount_amount=discount_amount,
        coupon_code=coupon_code,
        user_id=session.user_id,
        course_id=session.course_id,
        course_name=session.course_name,
        payment_session_id=session.payment_session_id,
        event_id=event_id,
        event_type=event_type,
        outcome=outcome,
        livemode=session.livemode,
        booked_on=calendar.date_of(session.updated_at),
        recorded_at=session.updated_at,
        by=by,
        seat=seat,
        provider_reversal_id=provider_reversal_id,
    )
