"""An administrator refunds a payment: on record first, once at the provider, and never more than was received."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from attrs import evolve

from domain.audit import AuditAction
from domain.enrollments import EndCause, ProgressStep
from domain.errors import (
    DomainError,
    NothingToRefund,
    PaymentBusy,
    PaymentDisputed,
    PaymentSessionNotFound,
    ProviderRejected,
    ProviderUnavailable,
    RefundConflict,
    RefundTooLarge,
    StorageUnavailable,
)
from domain.payment_sync import MATCHED_BY_AMOUNT
from domain.payments.reversals import DisputeStatus, RefundState, RefundStatus
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.services.carry_out_refunds import BOOKED_ALREADY
from domain.services.reconcile_session import ReconcileOutcome
from domain.services.refund_payment import RefundResult
from tests.support.concurrency import at_once
from tests.support.factories import PRICE, a_coupon
from tests.support.memory.misbehaving import Followed, Gathering, Interrupted, LosesAnswers, NamesNoRefunds, Unreachable
from tests.support.memory.school import KIM, SAM, School

ONE, PAYMENT = "ps_000001", "pi_000001"
ALL = PRICE.amount


def a_school(**chosen: Any) -> School:
    """A student has paid and is enrolled; a day later they ask for their money."""
    school = School()
    school.issue(a_coupon())
    school.start(**chosen)
    school.settle(school.provider.pay(ONE))
    school.wait(days=1)
    return school


def refunds_of(school: School) -> tuple[RefundState, ...]:
    """The refunds that the provider has of the payment."""
    return school.provider.bank.payments[PAYMENT].refunds


def summed(session: PaymentSession) -> tuple[int, int, int]:
    """What is refunded, what is asked for, and what is kept."""
    sums = session.reversed_sums
    return sums.refunded, sums.refund_requested, session.kept


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


# -- a provider that does not answer ----------------------------------------------------------------------------------


def test_fault_97_a_refund_while_the_provider_is_down_is_carried_out_by_reconciliation() -> None:
    """The answer says that it is requested; the session is due, and the next run refunds it, once."""
    school = a_school()
    school.gateway = Unreachable(school.provider)
    result = school.refund()
    assert result.refund.status is RefundStatus.REQUESTED
    assert (result.session, summed(result.session)) == (school.session(ONE), (0, ALL, ALL))
    assert (refunds_of(school), school.enrollment() is not None) == ((), True)
    school.wait(minutes=5)
    assert school.reconcile().failed == (ONE,)  # still down
    school.gateway = school.provider
    school.wait(minutes=5)
    assert school.reconcile().count(ReconcileOutcome.SYNCED) == 1
    assert (school.session(ONE).status, summed(school.session(ONE))) == (Status.REVERSED, (ALL, 0, 0))
    assert [one.refund_id for one in refunds_of(school)] == ["refund-1"]
    school.wait(days=1)
    assert school.reconcile().results == ()


def test_repeating_the_order_carries_out_what_is_still_requested() -> None:
    """Nobody has to wait for the next run."""
    school = a_school()
    school.gateway = Unreachable(school.provider)
    school.refund()
    school.gateway = school.provider
    school.wait(minutes=2)
    assert school.refund().refund.status is RefundStatus.SUCCEEDED
    assert len(refunds_of(school)) == 1


@pytest.mark.parametrize("forgotten", [False, True])
def test_fault_97_a_refund_whose_answer_was_lost_is_not_made_twice(forgotten: bool) -> None:
    """The provider made it: the run finds it before it asks, even after the provider has forgotten the request."""
    school = a_school()
    school.gateway = LosesAnswers(school.provider, times=1)
    assert school.refund().refund.status is RefundStatus.REQUESTED
    school.gateway = school.provider
    if forgotten:
        school.provider.bank.forget_keys()
    school.wait(days=2)
    school.reconcile()
    assert len(refunds_of(school)) == 1
    assert (school.session(ONE).status, summed(school.session(ONE))) == (Status.REVERSED, (ALL, 0, 0))


@pytest.mark.parametrize("asked", [False, True])
def test_fault_97_killed_between_two_steps_the_refund_is_finished_once(asked: bool) -> None:
    """On record and not yet asked for, or made and not yet stored: the next run ends in the same place."""
    school = a_school()

    def kill() -> None:
        raise StorageUnavailable

    good = school.unit_of_work
    school.unit_of_work = Interrupted(good, [lambda: None, kill]) if asked else Followed(good, [kill])
    with pytest.raises(StorageUnavailable):
        school.refund()
    assert len(refunds_of(school)) == (1 if asked else 0)
    assert (school.session(ONE).reversed_sums.refund_requested, school.enrollment() is not None) == (ALL, True)
    school = school.rival()
    school.wait(minutes=10)
    school.reconcile()
    assert (school.session(ONE).status, len(refunds_of(school))) == (Status.REVERSED, 1)
    assert school.entries() == [("REFUND#refund-1#2", -ALL, -1), ("SALE", ALL, 1)]


def test_fault_97_a_process_that_slept_leaves_the_refund_to_the_next_run() -> None:
    """A minute after the request was stored its key may be forgotten: the provider is asked after a sync only."""
    school = a_school()
    rival = school.rival()

    def sleep_while_a_run_refunds() -> None:
        school.wait(days=2)
        rival.reconcile()
        school.provider.bank.forget_keys()

    school.unit_of_work = Followed(school.unit_of_work, [sleep_while_a_run_refunds])
    school.refund(amount=500)
    assert [one.amount for one in refunds_of(school)] == [500]
    assert summed(school.session(ONE)) == (500, 0, ALL - 500)


def test_what_was_received_must_be_known_first() -> None:
    """A session from before the ledger is synced before it is refunded; without an answer nothing is stored."""
    school = a_school()
    key = ("user-1", ONE)
    school.store.sessions[key] = evolve(school.session(ONE), received=None, received_currency=None)
    school.store.ledger.clear()
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.refund()
    assert (school.reversals(), school.store.audit) == ((), [])
    school.gateway = school.provider
    assert school.refund().refund.amount == ALL
    assert [entry for entry, *_ in school.entries()] == ["REFUND#refund-1#2", "SALE"]


# -- a provider that refuses ------------------------------------------------------------------------------------------


def test_fault_100_a_refund_that_the_provider_refuses_is_rejected() -> None:
    """It holds nothing back, says why, alarms, and the student stays enrolled."""
    school = a_school()
    school.provider.bank.dispute(PAYMENT, school.clock.now(), amount=1)  # not yet reported here
    result = school.refund()
    assert (result.refund.status, result.refund.reason) == (RefundStatus.REJECTED, "charge_disputed")
    assert summed(school.session(ONE)) == (0, 0, ALL)
    assert school.enrollment() is not None
    assert school.signals(Signal.REFUND_REJECTED) == ["charge_disputed"]
    rejected = school.store.audit[-1]
    assert (rejected.action, rejected.by) == (AuditAction.REFUND_REJECTED, "system")


def test_fault_99_a_refund_made_in_the_dashboard_at_the_same_moment_is_found() -> None:
    """The provider refuses ours, for nothing is left; what the dashboard refunded counts, once."""
    school = a_school()
    bank = school.provider.bank
    school.unit_of_work = Followed(school.unit_of_work, [lambda: bank.refund(PAYMENT, ALL, school.clock.now())])
    result = school.refund()
    assert result.refund.status is RefundStatus.REJECTED
    assert (school.session(ONE).status, summed(school.session(ONE))) == (Status.REVERSED, (ALL, 0, 0))
    assert len(refunds_of(school)) == 1
    assert sum(amount for _, amount, _ in school.entries()) == 0


def test_a_part_refunded_in_the_dashboard_and_ours_both_count() -> None:
    """Both fit into the payment."""
    school = a_school()
    school.provider.bank.refund(PAYMENT, 500, school.clock.now())
    result = school.refund(amount=700)
    assert result.refund.status is RefundStatus.SUCCEEDED
    assert summed(school.session(ONE)) == (1_200, 0, ALL - 1_200)


def test_a_provider_that_does_not_know_the_payment_refunds_nothing() -> None:
    """Keys of another account, say: nothing is rejected for that, and the refund stays requested."""
    school = a_school()
    payment = school.provider.bank.payments.pop(PAYMENT)
    with pytest.raises(ProviderRejected):
        school.refund()
    assert summed(school.session(ONE)) == (0, ALL, ALL)
    school.provider.bank.payments[PAYMENT] = payment
    school.wait(minutes=5)
    school.reconcile()
    assert school.session(ONE).status is Status.REVERSED


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


# -- what happens later -----------------------------------------------------------------------------------------------


def test_a_pending_refund_is_asked_about_each_day() -> None:
    """It counts while it is pending; when it succeeds without a report, the daily sync says so."""
    school = a_school()
    school.provider.refund_status = RefundStatus.PENDING
    assert school.refund().refund.status is RefundStatus.PENDING
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)
    (made,) = refunds_of(school)
    school.provider.bank.change_refund(PAYMENT, made.provider_reversal_id, RefundStatus.SUCCEEDED, school.clock.now())
    school.wait(hours=23)
    assert school.reconcile().results == ()
    school.wait(hours=2)
    assert school.reconcile().count(ReconcileOutcome.SYNCED) == 1
    assert (school.reversals()[0].status, school.session(ONE).due_at) == (RefundStatus.SUCCEEDED, None)
    assert sum(amount for _, amount, _ in school.entries()) == 0


def test_fault_101_a_refund_that_fails_days_later_goes_to_a_person() -> None:
    """The bank sent the money back: it is kept again, nobody is enrolled for it, and somebody must look."""
    school = a_school()
    school.refund()
    (made,) = refunds_of(school)
    school.wait(days=5)
    school.provider.bank.change_refund(PAYMENT, made.provider_reversal_id, RefundStatus.FAILED, school.clock.now())
    school.report()
    session = school.session(ONE)
    assert (session.status, session.review_reason, summed(session)) == (Status.REVIEW, "refund_failed", (0, 0, ALL))
    assert school.enrollment() is None
    assert school.signals(Signal.REFUND_FAILED) == ["failed"]
    assert sum(amount for _, amount, _ in school.entries()) == ALL


# -- a provider that cannot say whose refund it is --------------------------------------------------------------------


def test_a_refund_at_a_provider_that_names_none_is_made_and_booked_once() -> None:
    """Known by its amount, and said to be: asking again, or running again, moves no money."""
    school = a_school()
    school.gateway = NamesNoRefunds(school.provider)
    refund = school.refund(amount=5_000).refund
    assert (refund.status, refund.reversal_id, refund.reason) == (RefundStatus.SUCCEEDED, "refund-1", MATCHED_BY_AMOUNT)
    assert school.refund(amount=5_000).refund.status is RefundStatus.SUCCEEDED
    school.wait(days=2)
    school.reconcile()
    school.prove_ledger()
    assert summed(school.session(ONE)) == (5_000, 0, ALL - 5_000)
    assert len(refunds_of(school)) == 1


def test_a_refund_whose_record_was_lost_is_not_made_again_where_nobody_can_name_it() -> None:
    """After a restore it is booked as one made elsewhere. Asked for again under its old id, the request is dropped."""
    school = a_school()
    school.gateway = NamesNoRefunds(school.provider)
    before = school.session(ONE)
    school.refund(amount=5_000)
    school.store.sessions[SAM.user_id, ONE] = before
    school.store.reversals.clear()
    for key in [key for key, entry in school.store.ledger.items() if entry.amount < 0]:
        del school.store.ledger[key]
    school.sync()
    assert [(one.reversal_id, one.requested_by) for one in school.reversals()] == [
        (refunds_of(school)[0].provider_reversal_id, None)
    ]
    again = school.refund(amount=5_000).refund
    assert (again.status, again.reason, again.counted) == (RefundStatus.REJECTED, BOOKED_ALREADY, 0)
    school.wait(days=2)
    school.reconcile()
    assert summed(school.session(ONE)) == (5_000, 0, ALL - 5_000)
    assert len(refunds_of(school)) == 1
    assert "made this refund before" in school.store.audit[-1].reason
