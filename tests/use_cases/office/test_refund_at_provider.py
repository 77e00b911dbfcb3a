"""What becomes of a refund at the provider: unanswered, refused, pending, failed or not named, it is made once."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.audit import AuditAction
from domain.errors import (
    ProviderRejected,
    ProviderUnavailable,
    StorageUnavailable,
)
from domain.payment_sync import MATCHED_BY_AMOUNT
from domain.payments.reversals import RefundStatus
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.services.carry_out_refunds import BOOKED_ALREADY
from domain.services.reconcile_session import ReconcileOutcome
from tests.support.memory.misbehaving import Followed, Interrupted, LosesAnswers, NamesNoRefunds, Unreachable
from tests.support.memory.refunds import ALL, ONE, PAYMENT, a_school, refunds_of, summed
from tests.support.memory.school import SAM

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
