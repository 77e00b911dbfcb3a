"""The stories' transactions: which writes belong together. Pure functions from things to writes.

T0 free course, T1 reserve, T2 attach, T3 fulfil, T4 release, T5 processing, T6 review, and money that comes late.
"""

from __future__ import annotations

from domain.coupons import Coupon
from domain.enrollments import Enrollment
from domain.payments.events import CheckoutFree, CheckoutPaid, PaymentEvent
from domain.payments.reviews import Resolution
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


def attach(opened: PaymentSession) -> Writes:
    """T2: store the provider's id of the checkout. Safe to repeat; a webhook may have been faster."""
    return (ChangeSession(frozenset({Status.CREATING, Status.OPEN}), opened), AddProviderReference(opened))


def fulfil(before: PaymentSession, paid: PaymentSession, event: CheckoutPaid | CheckoutFree) -> Writes:
    """T3: the session is completed and the student enrolled, in one transaction."""
    return (
        ChangeSession(LIVE, paid),
        AddEnrollment(paid.enrollment()),
        ReleaseCheckoutLock(paid),
        _record(event, paid, "completed"),
        *((RedeemCouponUse(paid, paid.coupon),) if paid.coupon else ()),
        SaveCustomerId(paid.user_id, paid.provider, event.customer_id),
        *_new_reference(before, paid),
    )


def release(before: PaymentSession, over: PaymentSession, event: PaymentEvent | None = None) -> Writes:
    """T4: nobody can pay this session any more; release everything it held."""
    return (
        ChangeSession(LIVE, over),
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


def review(before: PaymentSession, doubtful: PaymentSession, event: CheckoutPaid | CheckoutFree) -> Writes:
    """T6: money that a person must look at.

    Nobody is enrolled. The checkout lock stays, so that nobody pays twice; the coupon counts as used.
    """
    redeemed = before.coupon if before.is_live else None
    reason = doubtful.review_reason.value if doubtful.review_reason else ""
    return (
        ChangeSession(LIVE if before.is_live else frozenset({before.status}), doubtful),
        *((RedeemCouponUse(before, redeemed),) if redeemed else ()),
        _record(event, doubtful, f"review:{reason}"),
        *_new_reference(before, doubtful),
    )


def fulfil_late(before: PaymentSession, paid: PaymentSession, event: CheckoutPaid | CheckoutFree) -> Writes:
    """Money for a session that was already released: enroll. What the session had held stays released."""
    return (
        ChangeSession(RELEASED, paid),
        AddEnrollment(paid.enrollment()),
        _record(event, paid, "completed_late"),
        SaveCustomerId(paid.user_id, paid.provider, event.customer_id),
        *_new_reference(before, paid),
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


def record_second_payment(second: PaymentSession, event: CheckoutPaid | CheckoutFree) -> Writes:
    """A completed session was paid once more, at another checkout: that payment gets a session in review of its own."""
    return (AddSession(second), _record(event, second, "review:second_payment"))


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


def _new_reference(before: PaymentSession, after: PaymentSession) -> Writes:
    """An event may be the first to name the checkout, as after a crash before it was attached."""
    first = before.provider_session_id is None and after.provider_session_id is not None
    return (AddProviderReference(after),) if first else ()


def _record(event: PaymentEvent, session: PaymentSession, outcome: str) -> RecordEvent:
    return RecordEvent(
        provider=event.provider,
        event_id=event.event_id,
        event_type=event.event_type,
        payment_session_id=session.payment_session_id,
        outcome=outcome,
        at=session.updated_at,
    )
