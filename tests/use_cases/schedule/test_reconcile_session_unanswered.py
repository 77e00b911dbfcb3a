"""A look at a session whose request was never answered: asked again, searched for, or let go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.memory.store import CouponUse
from domain.errors import CheckoutReplaced, CouponUseChanged, ProviderUnavailable
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.services.reconcile_session import ReconcileOutcome
from domain.services.settle_payment import SettlePayment
from domain.use_cases.student.cancel_payment import Cancelling
from tests.support.factories import paid
from tests.support.memory.misbehaving import Counting, Interrupted, Refusing, Unreachable
from tests.support.memory.reconcile_cases import (
    ONE,
    a_slow_provider,
    assert_enrolled,
    assert_nothing_is_held,
    begun,
    found,
)
from tests.support.memory.school import SAM, School


def test_a_session_in_the_making_is_left_alone() -> None:
    """In the first minute whoever made it may still wait for the answer: the provider is not asked a second time."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(seconds=59))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is ReconcileOutcome.STILL_OPEN
    assert asking.asked == []
    school.wait(seconds=1)
    assert found(school) is ReconcileOutcome.REOPENED


@pytest.mark.parametrize("reaches", [True, False])
def test_fault_43_an_unanswered_request_is_repeated_under_its_key(reaches: bool) -> None:
    """Whether or not the first request arrived, there is one checkout in the end and the session knows it."""
    school = begun(School(), reaches_the_provider=reaches)
    assert found(school) is ReconcileOutcome.REOPENED
    session = school.session(ONE)
    assert (session.status, session.provider_session_id) == (Status.OPEN, "cs_000001")
    assert len(school.provider.checkouts) == 1
    assert (school.lock(), school.uses_counted()) == (ONE, 1)
    school.settle(school.provider.pay(ONE))
    assert_enrolled(school)


def test_a_payment_of_a_checkout_we_never_learned_of_enrolls() -> None:
    """The answer was lost, the student paid all the same: the repetition brings it to light."""
    school = begun(School(), reaches_the_provider=True)
    school.provider.pay(ONE)
    assert found(school) is ReconcileOutcome.SETTLED
    assert_enrolled(school)
    assert found(school) is ReconcileOutcome.NOTHING_TO_DO


def test_an_unanswered_request_whose_time_has_passed_is_released() -> None:
    """The provider says that the checkout is over, and only then is everything given back."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(minutes=50))
    assert found(school) is ReconcileOutcome.SETTLED
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)


def test_fault_94_an_unanswered_request_still_open_past_its_time_is_closed_there() -> None:
    """Where the provider's clock is behind ours, its checkout is closed before anything is given back."""
    school = begun(School(provider=a_slow_provider()), reaches_the_provider=False, who_waits=timedelta(minutes=50))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is ReconcileOutcome.SETTLED
    assert asking.asked == ["open_checkout", "close_checkout"]
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)


def test_a_cancel_request_for_an_unanswered_checkout_is_carried_out() -> None:
    """The checkout is opened under its key, so that it can be closed."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(seconds=10))
    school.gateway = Unreachable(school.provider)
    assert isinstance(school.cancel(ONE), Cancelling)
    school.gateway = school.provider
    school.wait(minutes=1)
    assert found(school) is ReconcileOutcome.SETTLED
    assert school.session(ONE).status is Status.CANCELLED
    assert_nothing_is_held(school)


def test_fault_45_a_request_refused_for_good_is_released() -> None:
    """A provider that will never open it, or only repeats a saved failure, leaves nothing to wait for."""
    school = begun(School(), reaches_the_provider=False)
    school.gateway = Refusing(school.provider)
    assert found(school) is ReconcileOutcome.SETTLED
    assert school.session(ONE).status is Status.FAILED
    assert_nothing_is_held(school)
    assert school.telemetry.count(Signal.PROVIDER_REJECTED) == 1


def test_fault_46_a_refused_repetition_is_no_proof_that_nothing_was_opened() -> None:
    """The first request made a checkout, the repetition is refused: it is found, and the payment counts."""
    school = begun(School(), reaches_the_provider=True)
    school.provider.pay(ONE)
    school.gateway = Refusing(school.provider)
    assert found(school) is ReconcileOutcome.SETTLED
    assert_enrolled(school)


def test_fault_43_a_provider_that_stays_silent_changes_nothing() -> None:
    """The session is as it was, and the next look finds it again."""
    school = begun(School(), reaches_the_provider=True)
    before = school.session(ONE)
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.reconcile_session()
    assert school.session(ONE) == before


# -- too old to ask again ---------------------------------------------------------------------------------------------


def test_before_the_key_is_forgotten_the_same_request_is_repeated() -> None:
    """A second short of 23 hours the key still makes all repetitions one checkout."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(hours=23, seconds=-1))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is ReconcileOutcome.SETTLED
    assert asking.asked == ["open_checkout"]


def test_an_old_unanswered_request_is_never_repeated() -> None:
    """The key may be forgotten by now: what is not found by its reference was never made, and is released."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(hours=23))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is ReconcileOutcome.RELEASED
    assert asking.asked == ["find_checkout"]
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)
    assert not school.provider.checkouts


def test_an_old_payment_is_found_by_its_reference() -> None:
    """A day without an answer, and paid all the while: the student is enrolled."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(minutes=5))
    school.provider.pay(ONE)
    school.wait(hours=23)
    assert found(school) is ReconcileOutcome.SETTLED
    assert_enrolled(school)


def test_an_old_checkout_that_is_still_open_is_attached_and_closed() -> None:
    """It could be paid any moment, so it is closed at the provider first."""
    school = begun(School(provider=a_slow_provider()), reaches_the_provider=True, who_waits=timedelta(hours=23))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is ReconcileOutcome.SETTLED
    assert asking.asked == ["find_checkout", "look_up", "close_checkout"]
    session = school.session(ONE)
    assert (session.status, session.provider_session_id) == (Status.EXPIRED, "cs_000001")
    assert_nothing_is_held(school)


def test_an_old_checkout_paid_while_it_is_being_attached_enrolls() -> None:
    """A webhook that is faster than the attaching is no obstacle."""
    school = begun(School(provider=a_slow_provider()), reaches_the_provider=True, who_waits=timedelta(hours=23))
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(school.provider.pay(ONE))])
    school.reconcile_session()
    assert_enrolled(school)


def test_a_release_that_comes_too_late_leaves_the_payment_alone() -> None:
    """Should the session be settled while it is being released, it stays as it was settled."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(hours=23))
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(paid(school.session(ONE)))])
    school.reconcile_session()
    assert_enrolled(school)
    assert school.uses_counted() == 1


def test_a_checkout_lock_of_another_session_does_not_keep_a_session_alive() -> None:
    """Damage is reported; the session is released all the same, and what is not its own is left alone."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(hours=23))
    school.store.checkout_locks[SAM.user_id, "course-1"] = "ps_999"
    assert found(school) is ReconcileOutcome.RELEASED
    assert school.session(ONE).status is Status.EXPIRED
    assert school.lock() == "ps_999"
    assert school.signals(Signal.DIFFERENCE_FOUND) == [CheckoutReplaced.code]


def test_a_coupon_use_of_another_session_does_not_keep_a_session_alive() -> None:
    """Nor does a use of its coupon that somebody else holds; the recount puts the counter right."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(hours=23))
    theirs = CouponUse(payment_session_id="ps_999", shard=0, redeemed=False)
    school.store.coupon_uses[SAM.user_id, "SPRING"] = theirs
    assert found(school) is ReconcileOutcome.RELEASED
    assert school.session(ONE).status is Status.EXPIRED
    assert school.coupon_use() == theirs
    assert school.signals(Signal.DIFFERENCE_FOUND) == [CouponUseChanged.code]


def test_a_damaged_release_overtaken_by_a_payment_gives_way() -> None:
    """Between the refusal and the second try the student pays: the payment stands."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(hours=23))
    school.store.checkout_locks[SAM.user_id, "course-1"] = "ps_999"
    session = school.session(ONE)

    def pay() -> None:
        school.settle(paid(session))

    school.unit_of_work = Interrupted(school.unit_of_work, meanwhile=[lambda: None, pay])
    school.use_case(SettlePayment).release(session, Status.EXPIRED)
    assert school.session(ONE).status is Status.COMPLETED
