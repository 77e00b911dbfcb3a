"""Ledger entries of payment sessions: what to book for a sale, a reversal, or a seat."""

from __future__ import annotations

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
        by=after.requested_by,
        provider_reversal_id=after.provider_reversal_id,
    )


def seat(session: PaymentSession, calendar: SchoolCalendar, *, entry_id: str, change: int, by: str) -> LedgerEntry:
    """The entry of an enrollment that begins or ends without money."""
    currency = session.received_currency or session.total.currency
    return _entry(
        session,
        calendar,
        entry_id=f"SEAT#{entry_id}",
        kind=EntryKind.SEAT,
        amount=0,
        currency=currency,
        seat=change,
        by=by,
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
