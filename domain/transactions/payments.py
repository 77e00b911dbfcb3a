"""Transactions of payment sessions: which writes belong together. Pure functions from values to writes.

T0 enroll for free, T1 reserve, T2 attach, T3 fulfil, T4 release, T5 await the payment, T6 review, late payments, and
the beginning and end of a capture.
Refunds, disputes and ended enrollments are in ``transactions.reversals``.
"""

from __future__ import annotations

from domain.audit import AuditRecord
from domain.coupons import Coupon
from domain.enrollments import Enrollment
from domain.ledger import LedgerEntry, SchoolCalendar
from domain.payments.events import CheckoutApproved, CheckoutFree, CheckoutPaid, PaymentEvent
from domain.payments.reviews import Resolution
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, PAYABLE, RELEASED, Status
from domain.transactions import bookkeeping, rate_limits
from domain.transactions.writes import (
    AcquireCheckoutLock,
    AddAuditRecord,
    AddEnrollment,
    AddLedgerEntry,
    AddProviderReference,
    AddSession,
    ChangeCapture,
    ChangeSession,
    HoldCouponUse,
    RecordEvent,
    RedeemCouponUse,
    ReleaseCheckoutLock,
    ReleaseCoupon,
    ReleaseCouponUse,
    RequireNotEnrolled,
    RequireStudent,
    ReserveCoupon,
    ResolveSession,
    SaveCustomerId,
    Write,
)

Writes = tuple[Write, ...]
UTC_CALENDAR = SchoolCalendar()


def enroll_for_free(enrollment: Enrollment, entry: LedgerEntry, record: AuditRecord | None = None) -> Writes:
    """T0, and T12 where an administrator gives the enrollment: then there is a record of it, and nothing is given to a
    student who was deleted meanwhile.

    Repeating it conflicts with the enrollment that exists.
    """
    given = (AddAuditRecord(record), RequireStudent(enrollment.user_id)) if record else ()
    return (AddEnrollment(enrollment), AddLedgerEntry(entry), *given)


def enroll_by_coupon(
    session: PaymentSession,
    coupon: Coupon | None,
    calendar: SchoolCalendar = UTC_CALENDAR,
    ended: Enrollment | None = None,
) -> Writes:
    """T0 with a coupon that leaves nothing to pay: the session is completed from the start, the use redeemed at once.

    ``ended`` is the student's enrollment in this course that had ended, whose progress is given back.
    """
    return (
        AddEnrollment(session.enrollment(ended)),
        AddSession(session),
        *_hold(session, coupon, redeemed=True),
        *_book(bookkeeping.sale(session, calendar, outcome="coupon", seat=1)),
    )


def reserve(session: PaymentSession, coupon: Coupon | None, replaces: str | None = None) -> Writes:
    """T1: the session exists, is the only live one of its student and course, and holds its coupon, before anybody is
    asked for money. ``replaces`` is a session that is over and has left its checkout lock behind.
    """
    return (
        RequireNotEnrolled(session.user_id, session.course_id),
        AddSession(session),
        AcquireCheckoutLock(session, replaces),
        *_hold(session, coupon, redeemed=False),
    )


def attach(opened: PaymentSession) -> Writes:
    """T2: store the provider's id of the checkout. Safe to repeat; a webhook may have been faster."""
    return (ChangeSession(frozenset({Status.CREATING, Status.OPEN}), opened), AddProviderReference(opened))


def fulfil(
    before: PaymentSession,
    paid: PaymentSession,
    event: CheckoutPaid | CheckoutFree,
    calendar: SchoolCalendar = UTC_CALENDAR,
    ended: Enrollment | None = None,
) -> Writes:
    """T3: the session is completed, the student enrolled and the sale booked, in one transaction."""
    return (
        ChangeSession(LIVE, paid),
        AddEnrollment(paid.enrollment(ended)),
        ReleaseCheckoutLock(paid),
        *_book(bookkeeping.sale(paid, calendar, outcome="completed", seat=1, event=event)),
        *((RedeemCouponUse(paid, paid.coupon),) if paid.coupon else ()),
        SaveCustomerId(paid.user_id, paid.provider, event.customer_id),
        *_new_reference(before, paid),
    )


def release(before: PaymentSession, over: PaymentSession, event: PaymentEvent | None = None) -> Writes:
    """T4: nobody can pay this session any more; release everything it held.

    A session on which a capture has begun meanwhile is not released.
    """
    return (
        ChangeSession(PAYABLE if before.status in PAYABLE else LIVE, over),
        ReleaseCheckoutLock(over),
        *((ReleaseCoupon(over.coupon),) if over.coupon and over.coupon.counted else ()),
        *((ReleaseCouponUse(over, over.coupon),) if over.coupon else ()),
        *((_record(event, over, over.status.value),) if event else ()),
        *_new_reference(before, over),
    )


def await_payment(before: PaymentSession, waiting: PaymentSession, event: PaymentEvent) -> Writes:
    """T5: the student has finished, the money is on its way. Everything stays held."""
    return (
        ChangeSession(frozenset({Status.CREATING, Status.OPEN}), waiting),
        _record(event, waiting, "processing"),
        *_new_reference(before, waiting),
    )


def begin_capture(before: PaymentSession, capturing: PaymentSession, event: CheckoutApproved) -> Writes:
    """Stored before the provider is asked to capture: from now on the session can be neither cancelled nor released."""
    return (
        ChangeCapture(before, capturing),
        RequireNotEnrolled(capturing.user_id, capturing.course_id),
        _record(event, capturing, "capturing"),
        *_new_reference(before, capturing),
    )


def end_capture(before: PaymentSession, reopened: PaymentSession) -> Writes:
    """The provider declined the capture that ``before`` had begun: the session is open again."""
    return (ChangeCapture(before, reopened),)


def review(
    before: PaymentSession,
    in_review: PaymentSession,
    event: CheckoutPaid | CheckoutFree,
    calendar: SchoolCalendar = UTC_CALENDAR,
) -> Writes:
    """T6: money that a person must look at.

    Nobody is enrolled. The checkout lock stays, so that nobody pays twice; the coupon counts as used.
    """
    redeemed = before.coupon if before.is_live else None
    reason = in_review.review_reason.value if in_review.review_reason else ""
    return (
        ChangeSession(LIVE if before.is_live else frozenset({before.status}), in_review),
        *((RedeemCouponUse(before, redeemed),) if redeemed else ()),
        *_book_or_record(in_review, calendar, event, f"review:{reason}"),
        *_new_reference(before, in_review),
    )


def review_unreported(before: PaymentSession, in_review: PaymentSession) -> Writes:
    """T6 without a report: nobody can ask any more whether the money has arrived. What is held is as in ``review``."""
    return (
        ChangeSession(frozenset({Status.PROCESSING}), in_review),
        *((RedeemCouponUse(before, before.coupon),) if before.coupon else ()),
    )


def fulfil_late(
    before: PaymentSession,
    paid: PaymentSession,
    event: CheckoutPaid | CheckoutFree,
    calendar: SchoolCalendar = UTC_CALENDAR,
    ended: Enrollment | None = None,
) -> Writes:
    """Money for a session that was already released: enroll. What the session had held stays released."""
    return (
        ChangeSession(RELEASED, paid),
        AddEnrollment(paid.enrollment(ended)),
        *_book(bookkeeping.sale(paid, calendar, outcome="completed_late", seat=1, event=event)),
        SaveCustomerId(paid.user_id, paid.provider, event.customer_id),
        *_new_reference(before, paid),
    )


def record_decline(before: PaymentSession, declined: PaymentSession) -> Writes:
    """An attempt to pay failed; the session stays as it is but for the provider's reason."""
    return (ChangeSession(frozenset({before.status}), declined),)


def resolve(
    session: PaymentSession,
    resolution: Resolution,
    record: AuditRecord,
    *,
    calendar: SchoolCalendar = UTC_CALENDAR,
    ended: Enrollment | None = None,
    holds_lock: bool = True,
) -> Writes:
    """A person's decision about money in review. Its checkout lock is released: the student may buy again.

    ``holds_lock`` is False if another checkout of the student has taken the lock meanwhile.
    """
    decided = session.resolved(resolution)
    enroll = (
        AddEnrollment(decided.enrollment(ended)),
        SaveCustomerId(decided.user_id, decided.provider, None),
        AddLedgerEntry(
            bookkeeping.seat(decided, calendar, entry_id=record.audit_id, change=1, by=resolution.by),
        ),
    )
    return (
        ResolveSession(decided),
        *(enroll if decided.status is Status.COMPLETED else ()),
        *((ReleaseCheckoutLock(decided),) if holds_lock else ()),
        AddAuditRecord(record),
    )


def record_second_payment(
    second: PaymentSession, event: CheckoutPaid | CheckoutFree, calendar: SchoolCalendar = UTC_CALENDAR
) -> Writes:
    """A completed session was paid once more, at another checkout: that payment gets a session in review of its own."""
    return (AddSession(second), *_book_or_record(second, calendar, event, "review:second_payment"))


def without_failed_attachments(writes: Writes, failed: Writes) -> Writes:
    """The writes without those that conflicted and only concern what the session had held: its lock and its coupon use.

    Without the use, its count is left out too: another's use must not be given back. A count that conflicted alone is
    left out alone.
    """
    dropped = {type(write) for write in failed if isinstance(write, _ATTACHMENTS)}
    if dropped & {ReleaseCouponUse, RedeemCouponUse}:
        dropped.add(ReleaseCoupon)
    return tuple(write for write in writes if type(write) not in dropped)


def without_booking(writes: Writes) -> Writes:
    """The writes without their ledger entries, where the same payment of the same session is booked already."""
    return tuple(write for write in writes if not isinstance(write, AddLedgerEntry))


_ATTACHMENTS = (ReleaseCheckoutLock, RedeemCouponUse, ReleaseCoupon, ReleaseCouponUse)


def _hold(session: PaymentSession, coupon: Coupon | None, *, redeemed: bool) -> Writes:
    held = session.coupon
    if coupon is None or held is None:
        return ()
    limit = coupon.shard_limit(held.shard)
    return (
        *(() if limit is None else (ReserveCoupon(held, limit, session.created_at),)),
        HoldCouponUse(session, held, redeemed),
        # A code that works is an attempt like any other, so that a full count hides which one would have.
        rate_limits.by_student(session.user_id, held.code, session.created_at),
    )


def _new_reference(before: PaymentSession, after: PaymentSession) -> Writes:
    """An event may be the first to name the checkout, as after a crash before it was attached."""
    first = before.provider_session_id is None and after.provider_session_id is not None
    return (AddProviderReference(after),) if first else ()


def _book(entry: LedgerEntry | None) -> Writes:
    return (AddLedgerEntry(entry),) if entry else ()


def _book_or_record(session: PaymentSession, calendar: SchoolCalendar, event: PaymentEvent, outcome: str) -> Writes:
    """The sale, which also records the event; the event alone where what was received is not known."""
    entry = bookkeeping.sale(session, calendar, outcome=outcome, seat=0, event=event)
    return _book(entry) or (_record(event, session, outcome),)


def _record(event: PaymentEvent, session: PaymentSession, outcome: str) -> RecordEvent:
    return RecordEvent(
        provider=event.provider,
        event_id=event.event_id,
        event_type=event.event_type,
        payment_session_id=session.payment_session_id,
        outcome=outcome,
        at=session.updated_at,
    )
