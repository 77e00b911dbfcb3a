"""An administrator refunds a payment: on record first, once, and never more than was received."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from domain.audit import AuditAction
from domain.enrollments import EndCause, ProgressStep
from domain.errors import (
    DomainError,
    NothingToRefund,
    PaymentBusy,
    PaymentDisputed,
    PaymentSessionNotFound,
    RefundConflict,
    RefundTooLarge,
)
from domain.payments.reversals import DisputeStatus, RefundStatus
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.services.refund_payment import RefundResult
from tests.support.concurrency import at_once
from tests.support.factories import a_coupon
from tests.support.memory.misbehaving import Gathering, Interrupted, Unreachable
from tests.support.memory.refunds import ALL, ONE, PAYMENT, a_school, refunds_of, summed
from tests.support.memory.school import KIM, SAM, School

# -- whole and in parts -----------------------------------------------------------------------------------------------


def test_the_whole_payment_is_refunded_and_the_enrollment_ends() -> None:
    """The money is back, the student out, both booked in one entry, and who asked for it and why on record."""
    school = a_school()
    result = school.refund()
    session = school.session(ONE)
    assert result == RefundResult(session=session, refund=school.reversals()[0])
    assert (result.refund.status, result.refund.counted) == (RefundStatus.SUCCEEDED, ALL)
    assert (session.status, summed(session), session.due_at) == (Status.REVERSED, (ALL, 0, 0), None)
    (made,) = refunds_of(school)
    assert (made.refund_id, made.amount) == ("refund-1", ALL)
    ended = school.ended()
    assert ended is not None
    assert (ended.cause, ended.barred, school.enrollment()) == (EndCause.REFUNDED, False, None)
    assert school.entries() == [("REFUND#refund-1#2", -ALL, -1), ("SALE", ALL, 1)]
    (record,) = school.store.audit
    assert (record.action, record.by, record.reason) == (AuditAction.REFUND_REQUESTED, "admin-1", "asked for it")
    assert school.signals(Signal.REFUND_REQUESTED) == [""]
    assert school.signals(Signal.ENROLLMENT_ENDED) == ["refunded"]


def test_parts_are_refunded_until_nothing_is_left() -> None:
    """A part leaves the student enrolled; the part that adds up to the whole payment ends the enrollment."""
    school = a_school()
    school.refund(refund_id="first", amount=5_000)
    assert (school.session(ONE).status, summed(school.session(ONE))) == (Status.COMPLETED, (5_000, 0, ALL - 5_000))
    assert school.enrollment() is not None
    school.refund(refund_id="second", amount=ALL - 5_000)
    assert (school.session(ONE).status, summed(school.session(ONE))) == (Status.REVERSED, (ALL, 0, 0))
    assert school.enrollment() is None
    assert sum(amount for _, amount, _ in school.entries()) == 0
    assert sum(seat for *_, seat in school.entries()) == 0


def test_a_coupon_use_comes_back_with_the_last_of_the_money() -> None:
    """The student stands as before they bought: not after a part, but after the whole, and counted once."""
    school = a_school(coupon_code="SPRING")
    school.refund(refund_id="first", amount=1)
    assert (school.uses_counted(), school.coupon_use() is not None) == (1, True)
    school.refund(refund_id="second")
    assert (school.uses_counted(), school.coupon_use()) == (0, None)
    school.refund(refund_id="second")
    assert school.uses_counted() == 0
    assert school.start(coupon_code="SPRING").session.coupon is not None


def test_a_refunded_student_buys_again_and_goes_on_where_they_were() -> None:
    """The progress of the ended enrollment is given back with the new one, and the old payment stays refunded."""
    school = a_school()
    school.record_progress("user-1", "course-1", ProgressStep(progress=40))
    school.refund()
    school.start()
    school.settle(school.provider.pay("ps_000002"))
    enrollment = school.enrollment()
    assert enrollment is not None
    assert (enrollment.payment_session_id, enrollment.progress) == ("ps_000002", 40)
    school.sync(ONE)
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, enrollment)


# -- repeated orders --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [None, 500, ALL])
def test_fault_99_the_same_order_is_the_same_refund(amount: int | None) -> None:
    """Repeating it makes no second refund and answers the first, also after everything is refunded."""
    school = a_school()
    first = school.refund(amount=amount)
    school.wait(days=2)
    school.provider.bank.forget_keys()
    assert school.refund(amount=amount) == first
    assert len(refunds_of(school)) == 1
    assert len(school.store.audit) == 1


@pytest.mark.parametrize("changes", [{"amount": 501}, {"note": "another reason"}])
def test_fault_99_an_order_on_other_terms_conflicts(changes: dict[str, Any]) -> None:
    """The id of a refund cannot be used for another one."""
    school = a_school()
    school.refund(amount=500)
    with pytest.raises(RefundConflict):
        school.refund(**({"amount": 500} | changes))
    assert [one.amount for one in refunds_of(school)] == [500]


def test_a_repayments_id_is_no_refunds_id() -> None:
    """Money given back outside the provider is not what this order asks for."""
    school = a_school()
    school.repay(amount=500)
    with pytest.raises(RefundConflict):
        school.refund(amount=500)
    assert refunds_of(school) == ()


# -- what cannot be refunded ------------------------------------------------------------------------------------------


def test_fault_100_more_than_is_left_is_too_large() -> None:
    """What was refunded before counts; nothing is stored."""
    school = a_school()
    school.refund(refund_id="first", amount=ALL - 100)
    before = school.session(ONE)
    with pytest.raises(RefundTooLarge, match=r"what is left of the payment: 1\.00 USD\."):
        school.refund(refund_id="second", amount=101)
    assert (school.session(ONE), len(refunds_of(school))) == (before, 1)
    school.refund(refund_id="second", amount=100)


def test_fault_100_nothing_is_left_to_refund_after_everything_was() -> None:
    """Not under another id either, whole or in part."""
    school = a_school()
    school.refund()
    for amount in (None, 1):
        with pytest.raises(NothingToRefund):
            school.refund(refund_id="again", amount=amount)
    assert len(refunds_of(school)) == 1


def test_fault_100_nothing_is_left_while_everything_is_asked_for() -> None:
    """The first refund is on record and the provider silent: a second one of the rest is none."""
    school = a_school()
    school.gateway = Unreachable(school.provider)
    school.refund()
    with pytest.raises(NothingToRefund):
        school.refund(refund_id="again")
    assert summed(school.session(ONE)) == (0, ALL, ALL)


def test_fault_100_what_was_repaid_elsewhere_is_not_refunded_as_well() -> None:
    """A bank transfer lowers what is left."""
    school = a_school()
    school.repay(refund_id="transfer", amount=ALL - 100)
    with pytest.raises(RefundTooLarge):
        school.refund(amount=101)
    assert school.refund().refund.amount == 100


def test_an_unpaid_or_free_session_has_nothing_to_refund() -> None:
    """An open checkout received nothing, and neither did a coupon that left nothing to pay."""
    school = School()
    school.start()
    with pytest.raises(NothingToRefund):
        school.refund()
    school.issue(a_coupon(discount_value=Decimal(100)))
    school.enrolled(KIM, coupon_code="SPRING")
    with pytest.raises(NothingToRefund):
        school.refund("ps_000002", KIM)


def test_fault_100_a_disputed_payment_is_not_refunded() -> None:
    """The bank has the money already: a refund would give it back twice. Once the school has won, it can be."""
    school = a_school()
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now(), amount=500)
    school.sync(ONE)
    with pytest.raises(PaymentDisputed):
        school.refund()
    assert (refunds_of(school), school.session(ONE).reversed_sums.refund_requested) == ((), 0)
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.WON, school.clock.now())
    school.sync(ONE)
    assert school.refund().session.status is Status.REVERSED


def test_only_the_students_own_payment_is_found() -> None:
    """An id nobody has, or somebody else's, is not there."""
    school = a_school()
    for payment_session_id, who in (("ps_000404", SAM), (ONE, KIM)):
        with pytest.raises(PaymentSessionNotFound):
            school.refund(payment_session_id, who)
    assert refunds_of(school) == ()


# -- two administrators -----------------------------------------------------------------------------------------------


def test_fault_99_of_two_refunds_of_everything_one_is_made() -> None:
    """Two administrators at the same moment, each with a form of their own: the second finds nothing left."""
    school = a_school()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.refund(refund_id="other", by="admin-2")])
    with pytest.raises(NothingToRefund):
        school.refund()
    assert [one.refund_id for one in refunds_of(school)] == ["other"]
    assert summed(school.session(ONE)) == (ALL, 0, 0)


def test_fault_99_of_two_requests_that_do_not_fit_together_the_second_is_too_large() -> None:
    """What is requested counts before the provider has heard of it."""
    school = a_school()
    school.gateway = Unreachable(school.provider)
    school.refund(refund_id="first", amount=10_000)
    with pytest.raises(RefundTooLarge):
        school.refund(refund_id="second", amount=5_000)
    assert summed(school.session(ONE)) == (0, 10_000, ALL)


@pytest.mark.races
def test_fault_99_many_refunds_at_once_never_exceed_the_payment() -> None:
    """Eight administrators refund 4,000 each of 14,999: three are made, and the others are refused."""
    school = a_school()
    school.unit_of_work = Gathering(school.unit_of_work, Barrier(8))
    outcomes = at_once([partial(school.refund, refund_id=f"r{n}", amount=4_000) for n in range(8)])
    told = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    assert {type(outcome) for outcome in told} <= {RefundTooLarge, PaymentBusy}
    school = school.rival()
    school.wait(minutes=5)
    school.reconcile()
    made = sum(one.amount for one in refunds_of(school))
    assert made == school.session(ONE).reversed_sums.refunded == 4_000 * (8 - len(told))
    assert made <= ALL


def test_a_payment_that_keeps_changing_is_busy() -> None:
    """After some attempts the administrator is asked to try again; nothing was requested."""
    school = a_school()
    rival = school.rival()
    others = [lambda n=n: rival.repay(refund_id=f"t{n}", amount=1) for n in range(9)]
    school.unit_of_work = Interrupted(school.unit_of_work, list(others))
    with pytest.raises(PaymentBusy):
        school.refund(amount=100)
    assert (refunds_of(school), school.session(ONE).reversed_sums.refund_requested) == ((), 0)
