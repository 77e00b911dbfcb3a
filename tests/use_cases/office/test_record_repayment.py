"""Money given back outside the provider, on a person's word: counted like a refund, and asked of nobody."""

from __future__ import annotations

import pytest

from domain.audit import AuditAction
from domain.enrollments import EndCause
from domain.errors import NothingToRefund, PaymentBusy, PaymentDisputed, RefundConflict, RefundTooLarge
from domain.ledger import EntryKind
from domain.payments.reversals import DisputeStatus, RefundStatus, ReversalKind
from domain.payments.states import Status
from tests.support.factories import PRICE, a_coupon
from tests.support.memory.misbehaving import Counting, Interrupted
from tests.support.memory.school import School

ONE, PAYMENT, ALL = "ps_000001", "pi_000001", PRICE.amount


def a_school() -> School:
    """A student has paid with a coupon and is enrolled."""
    school = School()
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    school.settle(school.provider.pay(ONE))
    return school


def test_everything_repaid_is_like_everything_refunded() -> None:
    """The enrollment ends and the coupon comes back; the entry is of a kind of its own; the provider is not asked."""
    school = a_school()
    school.gateway = counting = Counting(school.provider)
    received = school.session(ONE).received
    result = school.repay()
    session = school.session(ONE)
    assert (result.session, result.refund) == (session, school.reversals()[0])
    assert (result.refund.kind, result.refund.status) == (ReversalKind.REPAYMENT, RefundStatus.SUCCEEDED)
    assert (session.status, session.reversed_sums.repaid, session.kept) == (Status.REVERSED, received, 0)
    ended = school.ended()
    assert ended is not None
    assert (ended.cause, school.enrollment(), school.uses_counted()) == (EndCause.REFUNDED, None, 0)
    entry = school.store.ledger["stripe", PAYMENT, "REPAYMENT#refund-1#1"]
    assert (entry.kind, entry.amount, entry.seat, entry.by) == (
        EntryKind.MANUAL_REFUND,
        -(received or 0),
        -1,
        "admin-1",
    )
    assert school.store.audit[-1].action is AuditAction.REPAYMENT_RECORDED
    assert counting.asked == []


def test_a_part_repaid_keeps_the_student_enrolled() -> None:
    """Until the parts add up."""
    school = a_school()
    school.repay(amount=500)
    assert (school.session(ONE).status, school.session(ONE).reversed_sums.repaid) == (Status.COMPLETED, 500)
    assert school.enrollment() is not None


def test_fault_148_what_a_bank_has_withdrawn_is_not_repaid_beside_it() -> None:
    """The student would have it twice if the dispute is lost. What is not disputed can be repaid."""
    school = a_school()
    received = school.session(ONE).received or 0
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now(), amount=received - 500)
    school.receive(school.provider.reported(PAYMENT))
    for amount in (None, 501):
        with pytest.raises(PaymentDisputed):
            school.repay(amount=amount)
    school.repay(amount=500)
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.LOST, school.clock.now())
    school.receive(school.provider.reported(PAYMENT))
    assert school.session(ONE).kept == 0
    with pytest.raises(NothingToRefund):
        school.repay(refund_id="refund-2")


def test_what_the_bank_gave_back_can_be_repaid() -> None:
    """The dispute was won."""
    school = a_school()
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now())
    school.receive(school.provider.reported(PAYMENT))
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.WON, school.clock.now())
    school.receive(school.provider.reported(PAYMENT))
    assert school.repay().session.kept == 0


def test_the_same_repayment_is_recorded_once() -> None:
    """Repeating it answers the first; the id cannot stand for another note, nor for a refund."""
    school = a_school()
    first = school.repay(amount=500)
    assert school.repay(amount=500) == first
    with pytest.raises(RefundConflict):
        school.repay(amount=500, note="another")
    school.refund(refund_id="refunded", amount=1)
    with pytest.raises(RefundConflict):
        school.repay(refund_id="refunded", amount=1)
    assert school.session(ONE).reversed_sums.repaid == 500


def test_the_same_id_with_another_amount_conflicts() -> None:
    """Otherwise whoever mistyped the first time would read that the second amount is on record."""
    school = a_school()
    school.repay(amount=500)
    with pytest.raises(RefundConflict):
        school.repay(amount=501)


def test_no_more_is_repaid_than_is_left() -> None:
    """What was refunded, repaid, or asked for before counts."""
    school = a_school()
    left = school.session(ONE).refundable
    school.refund(amount=100)
    with pytest.raises(RefundTooLarge, match=r"left of the payment: \d+\.99 USD\."):
        school.repay(refund_id="transfer", amount=left - 99)
    school.repay(refund_id="transfer", amount=left - 100)
    with pytest.raises(NothingToRefund):
        school.repay(refund_id="again")


def test_a_refund_that_failed_is_repaid_by_bank_transfer() -> None:
    """The payment in review is reversed by it, and waits for no person any more."""
    school = a_school()
    school.refund()
    (made,) = school.provider.bank.payments[PAYMENT].refunds
    school.provider.bank.change_refund(PAYMENT, made.provider_reversal_id, RefundStatus.FAILED, school.clock.now())
    school.sync(ONE)
    assert school.session(ONE).status is Status.REVIEW
    school.repay(refund_id="transfer")
    assert (school.session(ONE).status, school.sessions.in_review(at_most=9)) == (Status.REVERSED, ())
    assert sum(amount for _, amount, _ in school.entries()) == 0


def test_of_two_administrators_the_second_finds_nothing_left() -> None:
    """Both have read the payment before either writes."""
    school = a_school()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.repay(refund_id="other")])
    with pytest.raises(NothingToRefund):
        school.repay()
    assert [one.reversal_id for one in school.reversals()] == ["other"]


def test_a_payment_that_keeps_changing_is_busy() -> None:
    """After some attempts the administrator is asked to try again; theirs is not recorded."""
    school = a_school()
    rival = school.rival()
    others = [lambda n=n: rival.repay(refund_id=f"t{n}", amount=1) for n in range(9)]
    school.unit_of_work = Interrupted(school.unit_of_work, list(others))
    with pytest.raises(PaymentBusy):
        school.repay(amount=100)
    assert "refund-1" not in [one.reversal_id for one in school.reversals()]
