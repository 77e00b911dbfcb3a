"""One look at one session: whatever happened to it, it ends where the provider says it is."""

from __future__ import annotations

import pytest

from domain.errors import ProviderUnavailable, StorageUnavailable
from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.services.reconcile_session import ReconcileOutcome, ReconcileResult
from domain.use_cases.student.cancel_payment import Cancelling
from tests.support.factories import an_enrollment
from tests.support.memory.misbehaving import Counting, Failing, Interrupted, Overtaken, Refusing, Unreachable
from tests.support.memory.reconcile_cases import (
    ONE,
    a_slow_provider,
    assert_enrolled,
    assert_nothing_is_held,
    found,
    with_open_checkout,
)
from tests.support.memory.school import SAM, School


def test_there_is_nothing_to_see_where_no_session_is() -> None:
    """No session by this id is no finding."""
    assert School().reconcile_session("ps_000404") is None


def test_a_finished_session_is_left_alone() -> None:
    """Nobody is asked about it, and nothing changes, however often it is looked at."""
    school = with_open_checkout(School())
    school.settle(school.provider.pay(ONE))
    before, asking = school.session(ONE), Counting(school.provider)
    school.gateway = asking
    school.wait(hours=30)
    assert school.reconcile_session() == ReconcileResult(outcome=ReconcileOutcome.NOTHING_TO_DO, session=before)
    assert asking.asked == []


def test_an_open_checkout_is_reconciled_again_later() -> None:
    """Nothing changes but the date of the look."""
    school = with_open_checkout(School())
    at = school.wait(minutes=4)
    assert found(school) is ReconcileOutcome.STILL_OPEN
    session = school.session(ONE)
    assert (session.status, session.due_at) == (Status.OPEN, at)
    assert (school.lock(), school.uses_counted()) == (ONE, 1)


def test_a_payment_that_nobody_reported_enrolls() -> None:
    """Without any webhook, and twice without harm."""
    school = with_open_checkout(School())
    school.provider.pay(ONE)
    school.wait(minutes=4)
    assert found(school) is ReconcileOutcome.SETTLED
    assert_enrolled(school)
    assert found(school) is ReconcileOutcome.NOTHING_TO_DO
    assert school.signals(Signal.ENROLLED) == ["completed"]


def test_an_expiry_that_nobody_reported_releases() -> None:
    """The provider says so, and everything is given back."""
    school = with_open_checkout(School())
    school.provider.expire(ONE)
    assert found(school) is ReconcileOutcome.SETTLED
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)


def test_fault_94_a_checkout_past_its_time_is_closed_there_first() -> None:
    """By our clock it is over, by the provider's it is not: nothing is given back while it could be paid."""
    school = with_open_checkout(School(provider=a_slow_provider()))
    asking = Counting(school.provider)
    school.gateway = asking
    school.wait(minutes=41)
    assert found(school) is ReconcileOutcome.SETTLED
    assert asking.asked == ["look_up", "close_checkout"]
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)


def test_fault_94_what_cannot_be_closed_there_is_not_released_here() -> None:
    """However late it is, without the provider's word the reservation stays."""
    school = with_open_checkout(School(provider=a_slow_provider()))
    school.gateway = Refusing(school.provider, refused=("close_checkout",), refusal=ProviderUnavailable)
    school.wait(days=3)
    with pytest.raises(ProviderUnavailable):
        school.reconcile_session()
    assert school.session(ONE).status is Status.OPEN
    assert (school.lock(), school.uses_counted()) == (ONE, 1)


def test_a_payment_in_the_moment_of_closing_counts() -> None:
    """The student pays between our question and our closing: that is a payment."""
    school = with_open_checkout(School(provider=a_slow_provider()))
    school.gateway = Overtaken(school.provider, on="look_up", meanwhile=lambda: school.provider.pay(ONE))
    school.wait(minutes=41)
    assert found(school) is ReconcileOutcome.SETTLED
    assert_enrolled(school)


def test_a_cancel_request_is_carried_out() -> None:
    """Recorded while the provider was down, done at the first run at which it answers."""
    school = with_open_checkout(School())
    school.gateway = Unreachable(school.provider)
    assert isinstance(school.cancel(ONE), Cancelling)
    with pytest.raises(ProviderUnavailable):
        school.reconcile_session()
    school.gateway = school.provider
    assert found(school) is ReconcileOutcome.SETTLED
    assert school.session(ONE).status is Status.CANCELLED
    assert_nothing_is_held(school)


def test_a_slow_payment_is_waited_for_past_any_time() -> None:
    """Money on its way is not ours to give up: it is looked at until it arrives."""
    school = with_open_checkout(School())
    school.provider.promise(ONE)
    assert found(school) is ReconcileOutcome.SETTLED
    assert school.session(ONE).status is Status.PROCESSING
    at = school.wait(days=5)
    assert found(school) is ReconcileOutcome.STILL_OPEN
    assert school.session(ONE).due_at == at
    school.provider.pay(ONE)
    assert found(school) is ReconcileOutcome.SETTLED
    assert_enrolled(school)


def test_fault_42_a_payment_of_somebody_enrolled_meanwhile_goes_to_review() -> None:
    """Enrolled by other means and paid all the same: a person refunds it."""
    school = with_open_checkout(School())
    school.provider.pay(ONE)
    by_admin = an_enrollment()
    school.store.enrollments[SAM.user_id, "course-1"] = by_admin
    assert found(school) is ReconcileOutcome.SETTLED
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.ALREADY_ENROLLED)
    assert school.enrollment() == by_admin
    assert school.signals(Signal.PAYMENT_IN_REVIEW) == ["already_enrolled"]


def test_a_webhook_faster_than_the_postponing_is_not_undone() -> None:
    """The session was open when asked and paid when the answer was recorded: it stays paid."""
    school = with_open_checkout(School())
    rival = School(store=school.store, clock=school.clock)
    school.wait(minutes=4)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(school.provider.pay(ONE))])
    school.reconcile_session()
    assert_enrolled(school)
    assert school.session(ONE).due_at is None


def test_a_write_whose_answer_was_lost_is_made_once() -> None:
    """The enrollment was committed and nobody heard: the next look finds nothing to do."""
    school = with_open_checkout(School())
    school.provider.pay(ONE)
    good = school.unit_of_work
    school.unit_of_work = Failing(good, after=True)
    with pytest.raises(StorageUnavailable):
        school.reconcile_session()
    school.unit_of_work = good
    assert found(school) is ReconcileOutcome.NOTHING_TO_DO
    assert_enrolled(school)
