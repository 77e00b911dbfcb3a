"""Payment sync: what the provider's state of a payment means for what is stored. Pure, so every case is one line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from domain.coupons import HeldCoupon
from domain.enrollments import EndCause, EndedEnrollment
from domain.ledger import EntryKind
from domain.payment_sync import (
    MATCHED_BY_AMOUNT,
    SYNC_INTERVAL,
    StoredPayment,
    SyncPolicy,
    next_step,
    rejected_session,
    requested_session,
)
from domain.payments.reversals import (
    DisputeState,
    DisputeStatus,
    PaymentState,
    RefundState,
    RefundStatus,
    Reversal,
    ReversalKind,
    ReversedSums,
)
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.services.sync_payment import after_step
from domain.transactions.writes import (
    AddLedgerEntry,
    ChangeEnded,
    EndEnrollment,
    ReinstateEnrollment,
    ReleaseCheckoutLock,
    ReleaseCoupon,
    ReleaseCouponUse,
    RequireNoEnrollmentOf,
)
from tests.support.factories import NOW, a_session, later

PAID = 14_999
KEEP, SUSPEND = SyncPolicy(), SyncPolicy(access_during_dispute=False)


def completed(**changes: Any) -> PaymentSession:
    """A paid session."""
    given: dict[str, Any] = {
        "status": Status.COMPLETED,
        "provider_session_id": "cs_1",
        "provider_payment_id": "pi_1",
        "received": PAID,
        "received_currency": "usd",
        "completed_at": NOW,
        "due_at": None,
    }
    return a_session(**(given | changes))


def stored(session: PaymentSession | None = None, **changes: Any) -> StoredPayment:
    """A paid session with its enrollment."""
    session = session or completed()
    given: dict[str, Any] = {"session": session, "enrollment": session.enrollment()}
    return StoredPayment(**(given | changes))


def refund(amount: int = PAID, status: RefundStatus = RefundStatus.SUCCEEDED, **changes: Any) -> RefundState:
    """A refund as the provider has it, made in its dashboard."""
    given: dict[str, Any] = {"provider_reversal_id": "re_1", "refund_id": None, "amount": amount, "currency": "usd"}
    return RefundState(**(given | {"status": status} | changes))


def dispute(status: DisputeStatus, withdrawn: int = PAID, **changes: Any) -> DisputeState:
    """A dispute as the provider has it."""
    given: dict[str, Any] = {"provider_reversal_id": "du_1", "amount": PAID, "currency": "usd", "withdrawn": withdrawn}
    return DisputeState(**(given | {"status": status} | changes))


def state(*, refunds: tuple[RefundState, ...] = (), disputes: tuple[DisputeState, ...] = ()) -> PaymentState:
    """The payment as the provider has it."""
    return PaymentState(
        provider_payment_id="pi_1", received=PAID, currency="usd", livemode=False, refunds=refunds, disputes=disputes
    )


def synced(
    payment: StoredPayment, provider: PaymentState, policy: SyncPolicy = KEEP
) -> tuple[StoredPayment, list[Any]]:
    """The payment after every step, and all writes on the way."""
    writes: list[Any] = []
    while (step := next_step(payment, provider, policy, later())) is not None:
        writes += step.writes
        payment = after_step(payment, step)
    return payment, writes


def booked(writes: list[Any]) -> list[tuple[EntryKind, int, int]]:
    """Kind, amount and seat of each ledger entry."""
    entries = [write.entry for write in writes if isinstance(write, AddLedgerEntry)]
    return [(entry.kind, entry.amount, entry.seat) for entry in entries]


def of(writes: list[Any], kind: type) -> list[Any]:
    """The writes of one kind."""
    return [write for write in writes if isinstance(write, kind)]


def test_where_both_agree_nothing_is_written() -> None:
    """A sync that finds nothing new writes nothing."""
    assert synced(stored(), state()) == (stored(), [])


def test_a_full_refund_reverses_the_payment_and_ends_the_enrollment() -> None:
    """Made in the dashboard: nothing is kept, so the enrollment ends as refunded, without a bar."""
    after, writes = synced(stored(), state(refunds=(refund(),)))
    assert (after.session.status, after.session.kept, after.session.due_at) == (Status.REVERSED, 0, None)
    assert after.enrollment is None
    assert after.ended is not None
    assert (after.ended.cause, after.ended.barred, after.ended.ended_by) == (EndCause.REFUNDED, False, "system")
    assert booked(writes) == [(EntryKind.REFUND, -PAID, -1)]


def test_partial_refunds_keep_access_until_they_add_up() -> None:
    """Each part is booked; the last one ends the enrollment."""
    first, second = refund(5_000), refund(PAID - 5_000, provider_reversal_id="re_2")
    after, writes = synced(stored(), state(refunds=(first,)))
    assert (after.session.status, after.session.kept) == (Status.COMPLETED, PAID - 5_000)
    assert of(writes, EndEnrollment) == []
    after, writes = synced(after, state(refunds=(first, second)))
    assert after.session.status is Status.REVERSED
    assert booked(writes) == [(EntryKind.REFUND, 5_000 - PAID, -1)]


def test_a_refund_asked_for_here_is_known_again_by_its_id() -> None:
    """What was requested is what the provider has: one reversal, and nothing is requested any more."""
    ours = _requested()
    session = requested_session(completed(), ours, NOW)
    assert (session.reversed_sums.refund_requested, session.refundable, session.due_at) == (PAID, 0, NOW)
    payment = stored(session, reversals=(ours,))
    after, writes = synced(payment, state(refunds=(refund(refund_id="r-1"),)))
    assert [(one.reversal_id, one.status, one.provider_reversal_id) for one in after.reversals] == [
        ("r-1", RefundStatus.SUCCEEDED, "re_1")
    ]
    assert after.session.reversed_sums == ReversedSums(refunded=PAID)
    assert booked(writes) == [(EntryKind.REFUND, -PAID, -1)]


def test_a_second_refund_under_the_same_id_is_a_reversal_of_its_own() -> None:
    """Should the provider ever make one twice, both are counted."""
    ours = evolve(_requested(), amount=5_000)
    payment = stored(requested_session(completed(), ours, NOW), reversals=(ours,))
    twice = (refund(5_000, refund_id="r-1"), refund(5_000, refund_id="r-1", provider_reversal_id="re_2"))
    after, _ = synced(payment, state(refunds=twice))
    assert sorted(one.reversal_id for one in after.reversals) == ["r-1", "re_2"]
    assert after.session.reversed_sums == ReversedSums(refunded=10_000)


def test_a_refund_of_unknown_origin_is_the_one_that_was_requested() -> None:
    """Where the provider cannot say whose refund it is, it is not counted beside ours, and ours is not made again."""
    ours = _requested()
    payment = stored(requested_session(completed(), ours, later()), reversals=(ours,))
    after, writes = synced(payment, state(refunds=(refund(origin_known=False),)))
    assert [(one.reversal_id, one.provider_reversal_id, one.reason) for one in after.reversals] == [
        ("r-1", "re_1", MATCHED_BY_AMOUNT)
    ]
    assert after.session.reversed_sums == ReversedSums(refunded=PAID)
    assert booked(writes) == [(EntryKind.REFUND, -PAID, -1)]
    again, more = synced(after, state(refunds=(refund(origin_known=False),)))
    assert (again.session.reversed_sums, more) == (after.session.reversed_sums, [])


def test_a_refund_of_unknown_origin_that_nobody_here_asked_for_was_made_elsewhere() -> None:
    """It has no name of ours and nobody who asked; one of another sum is not taken for ours either."""
    ours = evolve(_requested(), amount=5_000)
    payment = stored(requested_session(completed(), ours, NOW), reversals=(ours,))
    after, _ = synced(payment, state(refunds=(refund(4_000, origin_known=False),)))
    assert sorted((one.reversal_id, one.is_requested, one.requested_by) for one in after.reversals) == [
        ("r-1", True, ours.requested_by),
        ("re_1", False, None),
    ]
    assert after.session.reversed_sums == ReversedSums(refunded=4_000, refund_requested=5_000)


def test_two_refunds_of_unknown_origin_are_two() -> None:
    """Ours takes one of them; the other is booked beside it, under the provider's name."""
    ours = evolve(_requested(), amount=5_000)
    payment = stored(requested_session(completed(), ours, NOW), reversals=(ours,))
    both = (
        refund(5_000, origin_known=False),
        refund(5_000, origin_known=False, provider_reversal_id="re_2"),
    )
    after, _ = synced(payment, state(refunds=both))
    assert sorted(one.reversal_id for one in after.reversals) == ["r-1", "re_2"]
    assert after.session.reversed_sums == ReversedSums(refunded=10_000)


def test_a_pending_refund_counts_and_is_asked_about_again() -> None:
    """It moves no money that a list would show when it fails: the session stays due."""
    after, _ = synced(stored(), state(refunds=(refund(status=RefundStatus.PENDING),)))
    assert (after.session.kept, after.session.due_at) == (0, later() + SYNC_INTERVAL)


def test_a_refund_that_fails_days_later_brings_the_money_back_into_review() -> None:
    """The student asked to leave and has no money: a person has to find another way."""
    refunded, _ = synced(stored(), state(refunds=(refund(),)))
    after, writes = synced(refunded, state(refunds=(refund(status=RefundStatus.FAILED),)))
    assert (after.session.status, after.session.review_reason) == (Status.REVIEW, ReviewReason.REFUND_FAILED)
    assert (after.session.kept, after.session.awaits_decision, after.enrollment) == (PAID, True, None)
    assert booked(writes) == [(EntryKind.REFUND_FAILED, PAID, 0)]


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        (RefundStatus.SUCCEEDED, RefundStatus.PENDING),
        (RefundStatus.FAILED, RefundStatus.SUCCEEDED),
        (RefundStatus.FAILED, RefundStatus.PENDING),
    ],
)
def test_an_old_answer_changes_nothing(known: RefundStatus, answer: RefundStatus) -> None:
    """What cannot follow on what is stored is an answer that was overtaken."""
    before, _ = synced(stored(), state(refunds=(refund(status=known),)))
    after, _ = synced(before, state(refunds=(refund(status=answer),)))
    assert after.reversals == before.reversals
    assert after.session.kept == before.session.kept


@pytest.mark.parametrize(("policy", "enrolled"), [(KEEP, True), (SUSPEND, False)])
def test_access_during_a_dispute_is_the_schools_setting(policy: SyncPolicy, enrolled: bool) -> None:
    """Suspended, the student is barred too; the money is withdrawn and not decided about in both cases."""
    after, writes = synced(stored(), state(disputes=(dispute(DisputeStatus.OPEN),)), policy)
    assert (after.enrollment is not None, after.session.status) == (enrolled, Status.COMPLETED)
    assert after.session.reversed_sums == ReversedSums(disputed=PAID)
    assert booked(writes) == [(EntryKind.DISPUTE, -PAID, 0 if enrolled else -1)]
    if not enrolled:
        assert after.ended is not None
        assert (after.ended.cause, after.ended.barred) == (EndCause.DISPUTED, True)


def test_an_inquiry_moves_no_money_and_is_asked_about_again() -> None:
    """It may become a dispute, which no list of movements would announce."""
    after, writes = synced(stored(), state(disputes=(dispute(DisputeStatus.INQUIRY, 0),)))
    assert (after.session.kept, booked(writes)) == (PAID, [])
    assert after.session.due_at == later() + SYNC_INTERVAL


def test_the_time_to_answer_a_dispute_is_kept_up_to_date() -> None:
    """Extended, and answered: each is one write of the reversal, and nothing is booked."""
    payment, _ = synced(stored(), state(disputes=(dispute(DisputeStatus.OPEN, respond_by=later(60)),)))
    assert payment.reversals[0].respond_by == later(60)
    for respond_by in (later(90), None):
        open_one = state(disputes=(dispute(DisputeStatus.OPEN, respond_by=respond_by),))
        step = next_step(payment, open_one, KEEP, later())
        assert step is not None
        assert (step.changes_status, step.session.reversed_sums) == (False, payment.session.reversed_sums)
        payment, writes = synced(payment, open_one)
        assert (payment.reversals[0].respond_by, booked(writes)) == (respond_by, [])
    assert payment.reversals[0].changes == 3


@pytest.mark.parametrize("policy", [KEEP, SUSPEND])
def test_a_lost_dispute_ends_and_bars_and_a_won_appeal_gives_back(policy: SyncPolicy) -> None:
    """In any order that the provider shows."""
    opened, _ = synced(stored(), state(disputes=(dispute(DisputeStatus.OPEN),)), policy)
    lost, _ = synced(opened, state(disputes=(dispute(DisputeStatus.LOST),)), policy)
    assert lost.session.status is Status.REVERSED
    assert lost.ended is not None
    assert (lost.ended.cause, lost.ended.barred, lost.enrollment) == (EndCause.CHARGED_BACK, True, None)
    won, writes = synced(lost, state(disputes=(dispute(DisputeStatus.WON, 0),)), policy)
    assert (won.session.status, won.session.kept, won.session.due_at) == (Status.COMPLETED, PAID, None)
    assert won.enrollment == stored().enrollment
    assert booked(writes) == [(EntryKind.DISPUTE_RETURNED, PAID, 1)]


def test_a_dispute_won_after_the_student_bought_again_goes_to_a_person() -> None:
    """Two payments are kept for one place: the new enrollment stands."""
    lost, _ = synced(stored(), state(disputes=(dispute(DisputeStatus.LOST),)))
    again = completed(payment_session_id="ps_9", provider_payment_id="pi_9").enrollment()
    won, writes = synced(evolve(lost, enrollment=again), state(disputes=(dispute(DisputeStatus.WON, 0),)))
    assert (won.session.status, won.session.review_reason) == (Status.REVIEW, ReviewReason.ALREADY_ENROLLED)
    assert of(writes, ReinstateEnrollment) == []


def test_fault_103_what_a_person_has_to_decide_about_is_not_decided_by_a_dispute_that_is_won() -> None:
    """The review keeps its reason, and gives no access that had been suspended: that is part of the decision."""
    suspended, _ = synced(stored(), state(disputes=(dispute(DisputeStatus.OPEN),)), SUSPEND)
    reviewed = evolve(suspended.session, status=Status.REVIEW, review_reason=ReviewReason.ALREADY_ENROLLED)
    won, writes = synced(evolve(suspended, session=reviewed), state(disputes=(dispute(DisputeStatus.WON, 0),)), SUSPEND)
    assert (won.session.status, won.session.review_reason) == (Status.REVIEW, ReviewReason.ALREADY_ENROLLED)
    assert (won.session.kept, won.enrollment, of(writes, ReinstateEnrollment)) == (PAID, None, [])


def test_a_changed_setting_takes_effect_at_the_next_sync() -> None:
    """Access follows a level, not an edge."""
    disputed = state(disputes=(dispute(DisputeStatus.OPEN),))
    kept, _ = synced(stored(), disputed, KEEP)
    suspended, writes = synced(kept, disputed, SUSPEND)
    assert (suspended.enrollment, booked(writes)) == (None, [(EntryKind.SEAT, 0, -1)])
    again, writes = synced(suspended, disputed, KEEP)
    assert (again.enrollment == stored().enrollment, booked(writes)) == (True, [(EntryKind.SEAT, 0, 1)])


def test_another_payments_enrollment_is_left_alone() -> None:
    """Refunded after the student was enrolled by another payment: checked again in the transaction."""
    other = completed(payment_session_id="ps_9").enrollment()
    after, writes = synced(stored(enrollment=other), state(refunds=(refund(),)))
    assert (after.enrollment, of(writes, EndEnrollment)) == (other, [])
    assert of(writes, RequireNoEnrollmentOf) == [RequireNoEnrollmentOf("user-1", "course-1", "ps_1")]


def test_a_revoked_enrollment_keeps_its_cause_and_gets_the_bar() -> None:
    """A chargeback after a revocation bars the student; a person's decision stays on record."""
    ended = EndedEnrollment(
        enrollment=completed().enrollment(), ended_at=NOW, cause=EndCause.REVOKED, ended_by="admin-1", reason="left"
    )
    payment = stored(enrollment=None, ended=ended)
    after, writes = synced(payment, state(disputes=(dispute(DisputeStatus.LOST),)))
    assert after.ended == evolve(ended, barred=True)
    assert of(writes, ChangeEnded) == [ChangeEnded(ended, evolve(ended, barred=True))]


def test_a_full_refund_gives_the_coupon_back_and_a_chargeback_does_not() -> None:
    """After a refund the student stands as before; after a chargeback the use is spent."""
    session = completed(coupon=_coupon())
    _, refunded = synced(stored(session), state(refunds=(refund(),)))
    assert of(refunded, ReleaseCoupon)
    assert of(refunded, ReleaseCouponUse) == [
        ReleaseCouponUse(of(refunded, ReleaseCouponUse)[0].session, _coupon(), True)
    ]
    _, lost = synced(stored(session), state(disputes=(dispute(DisputeStatus.LOST),)))
    assert of(lost, ReleaseCoupon) + of(lost, ReleaseCouponUse) == []


def test_a_refunded_review_lets_the_student_buy_again() -> None:
    """Nothing is kept, nobody was enrolled: the checkout lock goes."""
    session = completed(status=Status.REVIEW, review_reason=ReviewReason.AMOUNT_MISMATCH, completed_at=None)
    after, writes = synced(stored(session, enrollment=None), state(refunds=(refund(),)))
    assert (after.session.status, after.session.awaits_decision) == (Status.REVERSED, False)
    assert len(of(writes, ReleaseCheckoutLock)) == 1


def test_a_session_older_than_the_ledger_gets_its_sale_first() -> None:
    """What was received is asked of the provider once."""
    after, writes = synced(stored(completed(received=None, received_currency=None)), state(refunds=(refund(5_000),)))
    assert (after.session.received, after.session.kept) == (PAID, PAID - 5_000)
    assert booked(writes) == [(EntryKind.SALE, PAID, 1), (EntryKind.REFUND, -5_000, 0)]


def test_what_a_person_let_in_has_its_seat_already() -> None:
    """The decision booked it; the sale that is known later books the money, and the seat where no decision did."""
    decided = Resolution(kind=ResolutionKind.ENROLLED, by="admin", at=NOW)
    session = completed(received=None, received_currency=None, resolution=decided)
    _, writes = synced(stored(session, seat_is_booked=True), state())
    assert booked(writes) == [(EntryKind.SALE, PAID, 0)]
    _, writes = synced(stored(session), state())
    assert booked(writes) == [(EntryKind.SALE, PAID, 1)]


def test_a_rejected_refund_opens_the_decision_again() -> None:
    """What was asked for is free again; a review awaits its decision anew."""
    ours = _requested()
    session = requested_session(completed(status=Status.REVIEW, review_reason=ReviewReason.OTHER_MODE), ours, NOW)
    after = rejected_session(stored(session, reversals=(ours,), enrollment=None), ours, later())
    assert (after.reversed_sums, after.awaits_decision, after.due_at) == (ReversedSums(), True, None)


def test_more_disputed_than_paid_is_recorded_all_the_same() -> None:
    """A dispute after a full refund: the school is out of money, and the sums say so."""
    refunded, _ = synced(stored(), state(refunds=(refund(),)))
    after, _ = synced(refunded, state(refunds=(refund(),), disputes=(dispute(DisputeStatus.LOST),)))
    assert after.session.kept == -PAID


def test_a_dispute_in_another_currency_is_booked_in_that_of_the_payment() -> None:
    """What is withdrawn is in the payment's currency, and a ledger in two of them would not add up."""
    foreign = dispute(DisputeStatus.OPEN, 4_000, amount=600_000, currency="jpy")
    after, writes = synced(stored(), state(disputes=(foreign,)))
    (reversal,) = after.reversals
    assert (reversal.amount, reversal.counted, reversal.currency) == (PAID, 4_000, "usd")
    (entry,) = [write.entry for write in of(writes, AddLedgerEntry)]
    assert (entry.amount, entry.currency) == (-4_000, "usd")


def _requested() -> Reversal:
    return Reversal(
        user_id="user-1",
        payment_session_id="ps_1",
        reversal_id="r-1",
        kind=ReversalKind.REFUND,
        status=RefundStatus.REQUESTED,
        amount=PAID,
        currency="usd",
        note="moved away",
        requested_by="admin-1",
        requested_at=NOW - timedelta(seconds=1),
        updated_at=NOW,
    )


def _coupon() -> HeldCoupon:
    return HeldCoupon(code="SPRING")
