"""The stories' transactions: which writes belong together. Pure functions from things to writes.

T0 free course, T1 reserve, T2 attach, T3 fulfil, T4 release, T5 processing, T6 review, and money that comes late.
"""

from __future__ import annotations

from datetime import datetime

from domain.coupons import Coupon
from domain.enrollments import Enrollment
from domain.payments.events import CheckoutFree, CheckoutPaid, PaymentEvent
from domain.payments.reviews import Resolution, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, RELEASED, Status
from domain.transactions import rate_limits
from domain.transactions.writes import (
    AcquireCheckoutLock,
    AddEnrollment,
    AddProviderReference,
    AddSession,
    ChangeSession,
    HoldCouponUse,
    RecordEvent,
    RedeemCouponUse,
    ReleaseCheckoutLock,
    ReleaseCoupon,
    ReleaseCouponUse,
    RequireNotEnrolled,
    ReserveCoupon,
    ResolveSession,
    SaveCustomerId,
    Write,
)

Writes = tuple[Write, ...]


def enroll_for_free(enrollment: Enrollment) -> Writes:
    """T0: one write; a repetition is refused by the enrollment that is there."""
    return (AddEnrollment(enrollment),)


def enroll_by_coupon(session: PaymentSession, coupon: Coupon | None) -> Writes:
    """T0 with a coupon that leaves nothing to pay: the session is completed from the start, the use redeemed at
    once.
    """
    return (AddEnrollment(session.enrollment()), AddSession(session), *_take(session, coupon, redeemed=True))


def reserve(session: PaymentSession, coupon: Coupon | None) -> Writes:
    """T1: the session exists, is the only live one of its student and course, and holds its coupon, before anybody is
    asked for money.
    """
    return (
        RequireNotEnrolled(session.user_id, session.course_id),
        AddSession(session),
        AcquireCheckoutLock(session),
        *_take(session, coupon, redeemed=False),
    )


def attach(session: PaymentSession, provider_session_id: str, at: datetime) -> Writes:
    """T2: remember the provider's checkout. Repeating it is harmless; a webhook may have been faster."""
    opened = session.opened(provider_session_id, at)
    return (ChangeSession(frozenset({Status.CREATING, Status.OPEN}), opened), AddProviderReference(opened))


def fulfil(session: PaymentSession, event: CheckoutPaid | CheckoutFree, at: datetime) -> Writes:
    """T3: the session is completed and the student enrolled, in one step."""
    paid = session.completed(event, at)
    return (
        ChangeSession(LIVE, paid),
        AddEnrollment(paid.enrollment()),
        ReleaseCheckoutLock(paid),
        _record(event, session, "completed", at),
        *((RedeemCouponUse(paid, paid.coupon),) if paid.coupon else ()),
        SaveCustomerId(session.user_id, session.provider, event.customer_id),
        *_attached_by(session, paid),
    )


def release(session: PaymentSession, status: Status, at: datetime, event: PaymentEvent | None = None) -> Writes:
    """T4: nobody can pay this session any more; give back all that it held."""
    over = session.released(status, at, event)
    return (
        ChangeSession(LIVE, over),
        ReleaseCheckoutLock(over),
        *((ReleaseCoupon(over.coupon),) if over.coupon and over.coupon.counted else ()),
        *((ReleaseCouponUse(over, over.coupon),) if over.coupon else ()),
        *((_record(event, session, status.value, at),) if event else ()),
        *_attached_by(session, over),
    )


def await_payment(session: PaymentSession, event: PaymentEvent, at: datetime) -> Writes:
    """T5: finished by the student, the money on its way. Everything stays held."""
    waiting = session.processing(event, at)
    return (
        ChangeSession(frozenset({Status.CREATING, Status.OPEN}), waiting),
        _record(event, session, "processing", at),
        *_attached_by(session, waiting),
    )


def review(session: PaymentSession, reason: ReviewReason, event: CheckoutPaid | CheckoutFree, at: datetime) -> Writes:
    """T6: money that a person must look at.

    Nobody is enrolled; the guard stays, so nobody pays twice; the coupon counts as used.
    """
    held = session.is_live and session.coupon is not None
    doubtful = session.in_review(reason, event, at)
    return (
        ChangeSession(frozenset({session.status}) if not session.is_live else LIVE, doubtful),
        *((RedeemCouponUse(session, session.coupon),) if held and session.coupon else ()),
        _record(event, session, f"review:{reason.value}", at),
        *_attached_by(session, doubtful),
    )


def fulfil_late(session: PaymentSession, event: CheckoutPaid | CheckoutFree, at: datetime) -> Writes:
    """Money for a session that was already released: enroll. What the session held is gone, and is left alone."""
    paid = session.completed(event, at)
    return (
        ChangeSession(RELEASED, paid),
        AddEnrollment(paid.enrollment()),
        _record(event, session, "completed_late", at),
        SaveCustomerId(session.user_id, session.provider, event.customer_id),
        *_attached_by(session, paid),
    )


def resolve(session: PaymentSession, resolution: Resolution, *, ours: bool = True) -> Writes:
    """A person's decision about money in review. The guard goes, if it is ``ours``: the student may buy again."""
    done = session.resolved(resolution)
    enroll = (AddEnrollment(done.enrollment()), SaveCustomerId(done.user_id, done.provider, None))
    return (
        ResolveSession(done),
        *(enroll if done.status is Status.COMPLETED else ()),
        *((ReleaseCheckoutLock(done),) if ours else ()),
    )


def record_second_payment(session: PaymentSession, event: CheckoutPaid | CheckoutFree, at: datetime) -> Writes:
    """A completed session was paid once more, at another checkout: that money gets a session in review of its own."""
    return (AddSession(session.second(event, at)), _record(event, session, "review:second_payment", at))


def without_attachments(writes: Writes) -> Writes:
    """The same writes but for what hangs on the session: its guard and its use of a coupon."""
    return tuple(
        write
        for write in writes
        if not isinstance(write, ReleaseCheckoutLock | RedeemCouponUse | ReleaseCoupon | ReleaseCouponUse)
    )


def _take(session: PaymentSession, coupon: Coupon | None, *, redeemed: bool) -> Writes:
    held = session.coupon
    if coupon is None or held is None:
        return ()
    limit = coupon.shard_limit(held.shard)
    return (
        *(() if limit is None else (ReserveCoupon(held, limit, session.created_at),)),
        HoldCouponUse(session, held, redeemed),
        # A code that works is an attempt like any other, so that a full count hides which one would have.
        rate_limits.by_student(session.user_id, session.created_at),
    )


def _attached_by(session: PaymentSession, after: PaymentSession) -> Writes:
    """News may be the first to name the checkout, as after a crash before the attachment. It is found by them then."""
    first = session.provider_session_id is None and after.provider_session_id is not None
    return (AddProviderReference(after),) if first else ()


def _record(event: PaymentEvent, session: PaymentSession, outcome: str, at: datetime) -> RecordEvent:
    return RecordEvent(
        provider=event.provider,
        event_id=event.event_id,
        event_type=event.event_type,
        payment_session_id=session.payment_session_id,
        outcome=outcome,
        at=at,
    )
