"""The transactions of the use cases: exactly these writes, in exactly this order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from domain.coupons import HeldCoupon
from domain.ledger import EntryKind, LedgerEntry
from domain.payments.events import CheckoutPaid
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, PAYABLE, RELEASED, Status
from domain.pricing import Quote
from domain.transactions.payments import (
    Writes,
    attach,
    await_payment,
    enroll_by_coupon,
    enroll_for_free,
    fulfil,
    fulfil_late,
    release,
    reserve,
    review,
    without_failed_attachments,
)
from domain.transactions.writes import (
    AcquireCheckoutLock,
    AddEnrollment,
    AddLedgerEntry,
    AddProviderReference,
    AddSession,
    ChangeSession,
    HoldCouponUse,
    IncrementRateLimit,
    RecordEvent,
    RedeemCouponUse,
    ReleaseCheckoutLock,
    ReleaseCoupon,
    ReleaseCouponUse,
    RequireNotEnrolled,
    ReserveCoupon,
    SaveCustomerId,
)
from tests.support.factories import (
    NOW,
    PRICE,
    a_coupon,
    a_session,
    a_session_with,
    an_enrollment,
    an_entry,
    expired,
    later,
    paid,
    pending,
)

COUPON = a_coupon()
HELD = COUPON.hold()
TRY = IncrementRateLimit("user-1", "coupon", 10, NOW, "SPRING")
PLAIN = a_session(status=Status.OPEN, provider_session_id="cs_1")
HOLDING = a_session_with(COUPON, status=Status.OPEN, provider_session_id="cs_1")


def record(outcome: str, event_type: str = "checkout.session.completed") -> RecordEvent:
    """The record of the event about ``a_session()``."""
    return RecordEvent(
        provider="stripe",
        event_id="evt_ps_1",
        event_type=event_type,
        payment_session_id="ps_1",
        outcome=outcome,
        at=later(),
    )


def booked(session: PaymentSession, outcome: str, *, seat: int, event: CheckoutPaid | None = None) -> AddLedgerEntry:
    """The sale of what the session received, as the ledger has it."""
    with_payment = session.provider_payment_id is not None
    return AddLedgerEntry(
        LedgerEntry(
            provider="stripe" if with_payment else "none",
            provider_payment_id=session.provider_payment_id or "ps_1",
            entry_id="SALE",
            kind=EntryKind.SALE,
            amount=session.received or 0,
            currency="usd",
            list_amount=session.quote.list_price.amount,
            discount_amount=session.quote.discount,
            coupon_code=session.coupon.code if session.coupon else None,
            user_id="user-1",
            course_id="course-1",
            course_name="AWS Cloud Mastery",
            payment_session_id="ps_1",
            event_id=event.event_id if event else None,
            event_type=event.event_type if event else None,
            outcome=outcome,
            livemode=False,
            booked_on=date(2026, 1, 15),
            recorded_at=session.updated_at,
            seat=seat,
        )
    )


def test_t0_a_free_course_is_an_enrollment_and_its_seat() -> None:
    """Enrolling in a free course writes the enrollment and the ledger entry that counts it, and nothing else."""
    assert enroll_for_free(an_enrollment(), an_entry()) == (AddEnrollment(an_enrollment()), AddLedgerEntry(an_entry()))


def test_fault_54_t0_a_coupon_that_leaves_nothing_to_pay_enrolls_at_once() -> None:
    """The enrollment, its completed session, one use counted, and that use redeemed: one transaction, no provider."""
    whole = a_coupon(discount_value=Decimal(100))
    session = a_session_with(
        whole, status=Status.COMPLETED, completed_at=NOW, due_at=None, received=0, received_currency="usd"
    )
    assert enroll_by_coupon(session, whole) == (
        AddEnrollment(session.enrollment()),
        AddSession(session),
        ReserveCoupon(HELD, 10, NOW),
        HoldCouponUse(session, HELD, redeemed=True),
        TRY,
        booked(session, "coupon", seat=1),
    )


def test_t1_reserves_before_anybody_is_asked_for_money() -> None:
    """Not enrolled, a new session, the only lock: in this order, so that the first conflict is the one that matters."""
    session = a_session()
    assert reserve(session, None) == (
        RequireNotEnrolled("user-1", "course-1"),
        AddSession(session),
        AcquireCheckoutLock(session),
    )


def test_t1_holds_a_use_of_the_coupon() -> None:
    """With a coupon, one use is counted and held in the same transaction, and the code counted as tried."""
    session = a_session_with(COUPON)
    assert reserve(session, COUPON)[3:] == (
        ReserveCoupon(HELD, 10, NOW),
        HoldCouponUse(session, HELD, redeemed=False),
        TRY,
    )


def test_t1_counts_in_the_shard_it_holds() -> None:
    """A sharded coupon is counted up to the limit of the shard."""
    wide = a_coupon(max_uses=10, shards=4)
    session = a_session_with(wide, shard=3)
    assert reserve(session, wide)[3] == ReserveCoupon(HeldCoupon(code="SPRING", shard=3, sharded=True), 2, NOW)


def test_t1_counts_nothing_for_a_coupon_without_a_limit() -> None:
    """Without a limit, only the student's one use is recorded."""
    endless = a_coupon(max_uses=None)
    session = a_session_with(endless)
    assert reserve(session, endless)[3:] == (HoldCouponUse(session, endless.hold(), redeemed=False), TRY)


def test_t2_remembers_the_checkout() -> None:
    """Attaching opens the session, is harmless to repeat, and lets the session be found by its checkout."""
    opened = a_session().opened("cs_9", later())
    assert attach(a_session().opened("cs_9", later())) == (
        ChangeSession(frozenset({Status.CREATING, Status.OPEN}), opened),
        AddProviderReference(opened),
    )


def test_t3_fulfils_in_one_step() -> None:
    """Session, enrollment, lock, record, coupon, customer: all or nothing, the session's state first."""
    event = paid(HOLDING)
    done = HOLDING.completed(event, later())
    assert fulfil(HOLDING, HOLDING.completed(event, later()), event) == (
        ChangeSession(LIVE, done),
        AddEnrollment(done.enrollment()),
        ReleaseCheckoutLock(done),
        booked(done, "completed", seat=1, event=event),
        RedeemCouponUse(done, HELD),
        SaveCustomerId("user-1", "stripe", "cus_1"),
    )


@pytest.mark.parametrize(
    "writes",
    [
        lambda session, event: fulfil(session, session.completed(event, later()), event),
        lambda session, event: fulfil_late(
            evolve(session, status=Status.EXPIRED),
            evolve(session, status=Status.EXPIRED).completed(event, later()),
            event,
        ),
        lambda session, _: await_payment(session, session.processing(pending(session), later()), pending(session)),
        lambda session, _: release(
            session, session.released(Status.EXPIRED, later(), expired(session)), expired(session)
        ),
        lambda session, event: review(session, session.in_review(ReviewReason.AMOUNT_MISMATCH, event, later()), event),
    ],
    ids=["fulfil", "fulfil_late", "await_payment", "release", "review"],
)
def test_fault_48_the_first_event_to_name_a_checkout_attaches_it(
    writes: Callable[[PaymentSession, CheckoutPaid], Writes],
) -> None:
    """After a crash before the attachment the session is found by its checkout all the same; else nothing is added."""
    created, attached = a_session(), evolve(a_session(), provider_session_id="cs_1")
    pointers = [write for write in writes(created, paid(created)) if isinstance(write, AddProviderReference)]
    assert [(found.session.provider_session_id, found.session.payment_session_id) for found in pointers] == [
        ("cs_1", "ps_1")
    ]
    assert not any(isinstance(write, AddProviderReference) for write in writes(attached, paid(attached)))


def test_t3_without_a_coupon_touches_none() -> None:
    """A sale without a coupon writes nothing about coupons."""
    kinds = [type(write) for write in fulfil(PLAIN, PLAIN.completed(paid(PLAIN), later()), paid(PLAIN))]
    assert kinds == [ChangeSession, AddEnrollment, ReleaseCheckoutLock, AddLedgerEntry, SaveCustomerId]


def test_the_enrollment_says_what_was_paid() -> None:
    """Amount, discount, code and the provider's ids stand in the enrollment."""
    payment = HOLDING.completed(paid(HOLDING), later()).enrollment().payment
    assert payment is not None
    assert (payment.amount, payment.discount, payment.coupon_code) == (HOLDING.total, HOLDING.quote.discount, "SPRING")
    assert (payment.provider_session_id, payment.provider_payment_id) == ("cs_1", "pi_1")
    assert payment.payment_session_id == "ps_1"


def test_t4_gives_back_all_that_was_held() -> None:
    """Session over, lock away, the use uncounted and forgotten, the event recorded."""
    event = expired(HOLDING)
    over = HOLDING.released(Status.EXPIRED, later(), event)
    assert release(HOLDING, HOLDING.released(Status.EXPIRED, later(), event), event) == (
        ChangeSession(PAYABLE, over),
        ReleaseCheckoutLock(over),
        ReleaseCoupon(HELD),
        ReleaseCouponUse(over, HELD),
        record("expired", "checkout.session.expired"),
    )


def test_t4_without_coupon_or_event() -> None:
    """A release at our own hand records no event; one without a coupon gives none back."""
    over = PLAIN.released(Status.FAILED, later())
    assert release(PLAIN, PLAIN.released(Status.FAILED, later())) == (
        ChangeSession(PAYABLE, over),
        ReleaseCheckoutLock(over),
    )


def test_t4_uncounts_only_what_was_counted() -> None:
    """A coupon without a limit has no counter to give back to."""
    session = a_session_with(a_coupon(max_uses=None))
    kinds = [type(write) for write in release(session, session.released(Status.FAILED, later()))]
    assert kinds == [ChangeSession, ReleaseCheckoutLock, ReleaseCouponUse]


def test_fault_30_t5_keeps_everything_held() -> None:
    """Money on its way changes the session and records the event; lock and coupon stay."""
    event = pending(HOLDING)
    assert await_payment(HOLDING, HOLDING.processing(event, later()), event) == (
        ChangeSession(frozenset({Status.CREATING, Status.OPEN}), HOLDING.processing(event, later())),
        record("processing"),
    )


def test_fault_28_t6_keeps_the_lock_and_uses_up_the_coupon() -> None:
    """Money in review enrolls nobody, keeps the lock against a second payment, and counts the coupon as used."""
    event = paid(HOLDING, amount=None)
    held_back = HOLDING.in_review(ReviewReason.AMOUNT_MISMATCH, event, later())
    assert review(HOLDING, HOLDING.in_review(ReviewReason.AMOUNT_MISMATCH, event, later()), event) == (
        ChangeSession(LIVE, held_back),
        RedeemCouponUse(HOLDING, HELD),
        record("review:amount_mismatch"),
    )


def test_t6_of_a_released_session_redeems_nothing() -> None:
    """What a released session held is gone, so a late review only moves the session."""
    over = HOLDING.released(Status.EXPIRED, NOW)
    writes = review(over, over.in_review(ReviewReason.AMOUNT_MISMATCH, paid(over), later()), paid(over))
    assert [type(write) for write in writes] == [ChangeSession, AddLedgerEntry]
    assert isinstance(writes[0], ChangeSession)
    assert writes[0].expected == {Status.EXPIRED}


def test_fault_70_a_late_payment_leaves_coupon_and_lock_alone() -> None:
    """Late money enrolls from a released state only; coupon and lock are not touched."""
    over = HOLDING.released(Status.EXPIRED, NOW)
    event = paid(over)
    done = over.completed(event, later())
    assert fulfil_late(over, over.completed(event, later()), event) == (
        ChangeSession(RELEASED, done),
        AddEnrollment(done.enrollment()),
        booked(done, "completed_late", seat=1, event=event),
        SaveCustomerId("user-1", "stripe", "cus_1"),
    )


@pytest.mark.parametrize("customer", ["cus_1", None])
def test_fault_58_every_fulfilment_requires_the_student(customer: str | None) -> None:
    """Whether or not the provider names a customer, the student must exist: no ghost is enrolled."""
    event: CheckoutPaid = paid(PLAIN, customer_id=customer)
    wanted: Any = SaveCustomerId("user-1", "stripe", customer)
    assert fulfil(PLAIN, PLAIN.completed(event, later()), event)[-1] == wanted
    assert (
        fulfil_late(
            evolve(PLAIN, status=Status.EXPIRED), evolve(PLAIN, status=Status.EXPIRED).completed(event, later()), event
        )[-1]
        == wanted
    )


def test_the_price_is_locked_in_the_session() -> None:
    """The total is the quote's, whatever the course costs later."""
    assert a_session(quote=Quote(list_price=PRICE, discount=1)).total.amount == PRICE.amount - 1


def test_t3_gives_back_the_progress_of_an_enrollment_that_had_ended() -> None:
    """A student who comes back goes on where they were."""
    event = paid(PLAIN)
    done = PLAIN.completed(event, later())
    writes = fulfil(PLAIN, done, event, ended=an_enrollment(progress=70, completed_lectures=7))
    (added,) = [write for write in writes if isinstance(write, AddEnrollment)]
    assert (added.enrollment.progress, added.enrollment.completed_lectures) == (70, 7)
    assert added.enrollment.payment_session_id == "ps_1"


def test_only_what_conflicted_is_left_out() -> None:
    """A counter that is wrong must not cost the healthy lock, nor another's use its count."""
    writes = release(HOLDING, HOLDING.released(Status.EXPIRED, later()))
    lock, count, use = writes[1:4]
    assert without_failed_attachments(writes, (count,)) == (writes[0], lock, use)
    assert without_failed_attachments(writes, (use,)) == (writes[0], lock)
    assert without_failed_attachments(writes, (lock,)) == (writes[0], count, use)
