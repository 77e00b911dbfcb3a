"""One look at one session: whatever happened to it, it ends where the provider says it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.memory.payment_gateway import MemoryPaymentGateway
from adapters.memory.store import CouponUse
from adapters.memory.system import MemoryClock
from domain.errors import CheckoutReplaced, CouponUseChanged, ProviderUnavailable, StorageUnavailable
from domain.payments import ReviewReason, Status
from domain.ports.telemetry import Signal
from domain.services.repair import LAST_OPENING, Finding, Look
from domain.use_cases.cancel_payment import Cancelling
from tests.support.misbehaving import Counting, Failing, Interrupted, LosesAnswers, Overtaken, Refusing, Unreachable
from tests.support.school import SAM, School
from tests.support.things import NOW, PROVIDER, a_coupon, an_enrollment, paid

ONE = "ps_000001"


def begun(school: School, *, reaches_the_provider: bool, who_waits: timedelta = timedelta(minutes=5)) -> School:
    """A student began with a coupon and no answer came; then time passed."""
    school.issue(a_coupon())
    good = school.gateway
    school.gateway = LosesAnswers(good) if reaches_the_provider else Unreachable(good)
    with pytest.raises(ProviderUnavailable):
        school.enroll(coupon_code="SPRING")
    school.gateway = good
    school.clock.advance(who_waits)
    return school


def with_open_checkout(school: School) -> School:
    """A student has a checkout open, with a coupon."""
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    return school


def a_slow_provider() -> MemoryPaymentGateway:
    """A provider whose clock stands still: by ours a checkout is over, by its own it is open."""
    return MemoryPaymentGateway(MemoryClock(NOW), name=PROVIDER)


def found(school: School) -> Finding:
    """What a look at the first session finds; it returns the session as it is stored then."""
    look = school.repair()
    assert look is not None
    assert look.session == school.session(ONE)
    return look.finding


def assert_nothing_is_held(school: School) -> None:
    """Guard and coupon are free again."""
    assert (school.guard(), school.coupon_use(), school.uses_counted()) == (None, None, 0)


def assert_enrolled(school: School) -> None:
    """The student is in, by this session, and the coupon is redeemed."""
    enrollment, use = school.enrollment(), school.coupon_use()
    assert enrollment is not None
    assert enrollment.payment_session_id == ONE
    assert use is not None
    assert use.redeemed
    assert (school.session(ONE).status, school.guard()) == (Status.COMPLETED, None)


# -- what is not live -------------------------------------------------------------------------------------------------


def test_there_is_nothing_to_see_where_no_session_is() -> None:
    """No session by this id is no finding."""
    assert School().repair("ps_000404") is None


def test_a_finished_session_is_left_alone() -> None:
    """Nobody is asked about it, and nothing changes, however often it is looked at."""
    school = with_open_checkout(School())
    school.settle(school.provider.pay(ONE))
    before, asking = school.session(ONE), Counting(school.provider)
    school.gateway = asking
    school.wait(hours=30)
    assert school.repair() == Look(finding=Finding.NOTHING_TO_DO, session=before)
    assert asking.asked == []


# -- sessions whose request was never answered ------------------------------------------------------------------------


def test_a_session_in_the_making_is_left_alone() -> None:
    """In the first minute whoever made it may still wait for the answer: the provider is not asked a second time."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(seconds=59))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is Finding.STILL_OPEN
    assert asking.asked == []
    school.wait(seconds=1)
    assert found(school) is Finding.REOPENED


@pytest.mark.parametrize("reaches", [True, False])
def test_fault_43_an_unanswered_request_is_repeated_under_its_key(reaches: bool) -> None:
    """Whether or not the first request arrived, there is one checkout in the end and the session knows it."""
    school = begun(School(), reaches_the_provider=reaches)
    assert found(school) is Finding.REOPENED
    session = school.session(ONE)
    assert (session.status, session.provider_session_id) == (Status.OPEN, "cs_000001")
    assert len(school.provider.checkouts) == 1
    assert (school.guard(), school.uses_counted()) == (ONE, 1)
    school.settle(school.provider.pay(ONE))
    assert_enrolled(school)


def test_a_payment_of_a_checkout_we_never_learned_of_enrolls() -> None:
    """The answer was lost, the student paid all the same: the repetition brings it to light."""
    school = begun(School(), reaches_the_provider=True)
    school.provider.pay(ONE)
    assert found(school) is Finding.SETTLED
    assert_enrolled(school)
    assert found(school) is Finding.NOTHING_TO_DO


def test_an_unanswered_request_whose_time_has_passed_is_released() -> None:
    """The provider says that the checkout is over, and only then is everything given back."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(minutes=50))
    assert found(school) is Finding.SETTLED
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)


def test_fault_94_an_unanswered_request_still_open_past_its_time_is_closed_there() -> None:
    """Where the provider's clock is behind ours, its checkout is closed before anything is given back."""
    school = begun(School(provider=a_slow_provider()), reaches_the_provider=False, who_waits=timedelta(minutes=50))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is Finding.SETTLED
    assert asking.asked == ["open_checkout", "close_checkout"]
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)


def test_a_wish_to_cancel_an_unanswered_request_is_carried_out() -> None:
    """The checkout is opened under its key, so that it can be closed."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(seconds=10))
    school.gateway = Unreachable(school.provider)
    assert isinstance(school.cancel(ONE), Cancelling)
    school.gateway = school.provider
    school.wait(minutes=1)
    assert found(school) is Finding.SETTLED
    assert school.session(ONE).status is Status.CANCELLED
    assert_nothing_is_held(school)


def test_fault_45_a_request_refused_for_good_is_released() -> None:
    """A provider that will never open it, or only repeats a saved failure, leaves nothing to wait for."""
    school = begun(School(), reaches_the_provider=False)
    school.gateway = Refusing(school.provider)
    assert found(school) is Finding.SETTLED
    assert school.session(ONE).status is Status.FAILED
    assert_nothing_is_held(school)
    assert school.telemetry.count(Signal.PROVIDER_REJECTED) == 1


def test_fault_46_a_refused_repetition_is_no_proof_that_nothing_was_opened() -> None:
    """The first request made a checkout, the repetition is refused: it is found, and the payment counts."""
    school = begun(School(), reaches_the_provider=True)
    school.provider.pay(ONE)
    school.gateway = Refusing(school.provider)
    assert found(school) is Finding.SETTLED
    assert_enrolled(school)


def test_fault_43_a_provider_that_stays_silent_changes_nothing() -> None:
    """The session is as it was, and the next look finds it again."""
    school = begun(School(), reaches_the_provider=True)
    before = school.session(ONE)
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.repair()
    assert school.session(ONE) == before


# -- sessions too old to ask again ------------------------------------------------------------------------------------


def test_before_the_key_is_forgotten_the_same_request_is_repeated() -> None:
    """A second short of 23 hours the key still makes all repetitions one checkout."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(hours=23, seconds=-1))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is Finding.SETTLED
    assert asking.asked == ["open_checkout"]


def test_an_old_unanswered_request_is_never_repeated() -> None:
    """The key may be forgotten by now: what is not found by its reference was never made, and is released."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(hours=23))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is Finding.RELEASED
    assert asking.asked == ["find_checkout"]
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)
    assert not school.provider.checkouts


def test_an_old_payment_is_found_by_its_reference() -> None:
    """A day without an answer, and paid all the while: the student is enrolled."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(minutes=5))
    school.provider.pay(ONE)
    school.wait(hours=23)
    assert found(school) is Finding.SETTLED
    assert_enrolled(school)


def test_an_old_checkout_that_is_still_open_is_attached_and_closed() -> None:
    """It could be paid any moment, so it is closed at the provider first."""
    school = begun(School(provider=a_slow_provider()), reaches_the_provider=True, who_waits=timedelta(hours=23))
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is Finding.SETTLED
    assert asking.asked == ["find_checkout", "look_up", "close_checkout"]
    session = school.session(ONE)
    assert (session.status, session.provider_session_id) == (Status.EXPIRED, "cs_000001")
    assert_nothing_is_held(school)


def test_an_old_checkout_paid_while_it_is_being_attached_enrolls() -> None:
    """A webhook that is faster than the attaching is no obstacle."""
    school = begun(School(provider=a_slow_provider()), reaches_the_provider=True, who_waits=timedelta(hours=23))
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(school.provider.pay(ONE))])
    school.repair()
    assert_enrolled(school)


def test_a_release_that_comes_too_late_leaves_the_payment_alone() -> None:
    """Should the session be settled while it is being released, it stays as it was settled."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(hours=23))
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(paid(school.session(ONE)))])
    school.repair()
    assert_enrolled(school)
    assert school.uses_counted() == 1


def test_a_guard_of_another_session_does_not_keep_a_session_alive() -> None:
    """Damage is told; the session is released all the same, and what is not its own is left alone."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(hours=23))
    school.store.guards[SAM.user_id, "course-1"] = "ps_999"
    assert found(school) is Finding.RELEASED
    assert school.session(ONE).status is Status.EXPIRED
    assert school.guard() == "ps_999"
    assert school.signals(Signal.DIFFERENCE_FOUND) == [CheckoutReplaced.code]


def test_a_coupon_use_of_another_session_does_not_keep_a_session_alive() -> None:
    """Nor does a use of its coupon that somebody else holds; the recount puts the counter right."""
    school = begun(School(), reaches_the_provider=False, who_waits=timedelta(hours=23))
    theirs = CouponUse(payment_session_id="ps_999", shard=0, redeemed=False)
    school.store.coupon_uses[SAM.user_id, "SPRING"] = theirs
    assert found(school) is Finding.RELEASED
    assert school.session(ONE).status is Status.EXPIRED
    assert school.coupon_use() == theirs
    assert school.signals(Signal.DIFFERENCE_FOUND) == [CouponUseChanged.code]


def test_a_damaged_release_overtaken_by_a_payment_gives_way() -> None:
    """Between the refusal and the second try the student pays: the payment stands."""
    school = begun(School(), reaches_the_provider=True, who_waits=timedelta(hours=23))
    school.store.guards[SAM.user_id, "course-1"] = "ps_999"
    session = school.session(ONE)

    def pay() -> None:
        school.settle(paid(session))

    school.unit_of_work = Interrupted(school.unit_of_work, meanwhile=[lambda: None, pay])
    school.settling().release(session, Status.EXPIRED)
    assert school.session(ONE).status is Status.COMPLETED


# -- sessions of a student who is gone --------------------------------------------------------------------------------


@pytest.mark.parametrize("how_long", [LAST_OPENING, timedelta(hours=30)])
def test_fault_58_a_request_of_a_deleted_student_is_not_repeated(how_long: timedelta) -> None:
    """Nobody is left to open a checkout for; what was never opened is released."""
    school = begun(School(), reaches_the_provider=False, who_waits=how_long)
    school.store.students.clear()
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is Finding.RELEASED
    assert asking.asked == ["find_checkout"]
    assert_nothing_is_held(school)


def test_fault_58_who_signs_up_again_may_be_opening_the_checkout() -> None:
    """As long as a click could open it, a deleted student's request is not given up, though no checkout is found: it
    might come to be in between.
    """
    school = begun(School(), reaches_the_provider=False, who_waits=LAST_OPENING - timedelta(seconds=1))
    school.store.students.clear()
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is Finding.STILL_OPEN
    assert asking.asked == ["find_checkout"]
    assert (school.guard(), school.uses_counted()) == (ONE, 1)


def test_fault_58_a_payment_of_a_deleted_student_is_found_and_reviewed() -> None:
    """The money came though nobody is there to enroll: a person decides, and no student is made up."""
    school = begun(School(), reaches_the_provider=True)
    school.provider.pay(ONE)
    school.store.students.clear()
    assert found(school) is Finding.SETTLED
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.STUDENT_DELETED)
    assert not school.store.students
    assert not school.store.enrollments


def test_an_open_checkout_of_a_deleted_student_is_attached() -> None:
    """While it can be paid it is kept in view."""
    school = begun(School(), reaches_the_provider=True)
    school.store.students.clear()
    assert found(school) is Finding.STILL_OPEN
    assert school.session(ONE).status is Status.OPEN


# -- sessions that know their checkout --------------------------------------------------------------------------------


def test_an_open_checkout_is_looked_at_again_later() -> None:
    """Nothing changes but the date of the look."""
    school = with_open_checkout(School())
    at = school.wait(minutes=4)
    assert found(school) is Finding.STILL_OPEN
    session = school.session(ONE)
    assert (session.status, session.due_at) == (Status.OPEN, at)
    assert (school.guard(), school.uses_counted()) == (ONE, 1)


def test_a_payment_nobody_told_us_of_enrolls() -> None:
    """Without any webhook, and twice without harm."""
    school = with_open_checkout(School())
    school.provider.pay(ONE)
    school.wait(minutes=4)
    assert found(school) is Finding.SETTLED
    assert_enrolled(school)
    assert found(school) is Finding.NOTHING_TO_DO
    assert school.signals(Signal.ENROLLED) == ["completed"]


def test_an_expiry_nobody_told_us_of_releases() -> None:
    """The provider says so, and everything is given back."""
    school = with_open_checkout(School())
    school.provider.expire(ONE)
    assert found(school) is Finding.SETTLED
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)


def test_fault_94_a_checkout_past_its_time_is_closed_there_first() -> None:
    """By our clock it is over, by the provider's it is not: nothing is given back while it could be paid."""
    school = with_open_checkout(School(provider=a_slow_provider()))
    asking = Counting(school.provider)
    school.gateway = asking
    school.wait(minutes=41)
    assert found(school) is Finding.SETTLED
    assert asking.asked == ["look_up", "close_checkout"]
    assert school.session(ONE).status is Status.EXPIRED
    assert_nothing_is_held(school)


def test_fault_94_what_cannot_be_closed_there_is_not_released_here() -> None:
    """However late it is, without the provider's word the reservation stays."""
    school = with_open_checkout(School(provider=a_slow_provider()))
    school.gateway = Refusing(school.provider, refused=("close_checkout",), refusal=ProviderUnavailable)
    school.wait(days=3)
    with pytest.raises(ProviderUnavailable):
        school.repair()
    assert school.session(ONE).status is Status.OPEN
    assert (school.guard(), school.uses_counted()) == (ONE, 1)


def test_a_payment_in_the_moment_of_closing_counts() -> None:
    """The student pays between our question and our closing: that is a payment."""
    school = with_open_checkout(School(provider=a_slow_provider()))
    school.gateway = Overtaken(school.provider, on="look_up", meanwhile=lambda: school.provider.pay(ONE))
    school.wait(minutes=41)
    assert found(school) is Finding.SETTLED
    assert_enrolled(school)


def test_a_wish_to_cancel_is_carried_out() -> None:
    """Noted while the provider was down, done at the first look at which it answers."""
    school = with_open_checkout(School())
    school.gateway = Unreachable(school.provider)
    assert isinstance(school.cancel(ONE), Cancelling)
    with pytest.raises(ProviderUnavailable):
        school.repair()
    school.gateway = school.provider
    assert found(school) is Finding.SETTLED
    assert school.session(ONE).status is Status.CANCELLED
    assert_nothing_is_held(school)


def test_a_slow_payment_is_waited_for_past_any_time() -> None:
    """Money on its way is not ours to give up: it is looked at until it arrives."""
    school = with_open_checkout(School())
    school.provider.promise(ONE)
    assert found(school) is Finding.SETTLED
    assert school.session(ONE).status is Status.PROCESSING
    at = school.wait(days=5)
    assert found(school) is Finding.STILL_OPEN
    assert school.session(ONE).due_at == at
    school.provider.pay(ONE)
    assert found(school) is Finding.SETTLED
    assert_enrolled(school)


def test_a_slow_payment_that_failed_releases() -> None:
    """The bank refused, and no webhook said so."""
    school = with_open_checkout(School())
    school.provider.promise(ONE)
    school.repair()
    school.provider.bounce(ONE)
    assert found(school) is Finding.SETTLED
    assert school.session(ONE).status is Status.FAILED
    assert_nothing_is_held(school)


def test_fault_42_a_payment_of_somebody_enrolled_meanwhile_goes_to_review() -> None:
    """Enrolled by other means and paid all the same: a person refunds it."""
    school = with_open_checkout(School())
    school.provider.pay(ONE)
    by_admin = an_enrollment()
    school.store.enrollments[SAM.user_id, "course-1"] = by_admin
    assert found(school) is Finding.SETTLED
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.ALREADY_ENROLLED)
    assert school.enrollment() == by_admin
    assert school.signals(Signal.PAYMENT_IN_REVIEW) == ["already_enrolled"]


def test_a_webhook_faster_than_the_postponing_is_not_undone() -> None:
    """The session was open when asked and paid when noted: it stays paid."""
    school = with_open_checkout(School())
    rival = School(store=school.store, clock=school.clock)
    school.wait(minutes=4)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(school.provider.pay(ONE))])
    school.repair()
    assert_enrolled(school)
    assert school.session(ONE).due_at is None


def test_a_write_whose_answer_was_lost_is_made_once() -> None:
    """The enrollment was committed and nobody heard: the next look finds nothing to do."""
    school = with_open_checkout(School())
    school.provider.pay(ONE)
    good = school.unit_of_work
    school.unit_of_work = Failing(good, after=True)
    with pytest.raises(StorageUnavailable):
        school.repair()
    school.unit_of_work = good
    assert found(school) is Finding.NOTHING_TO_DO
    assert_enrolled(school)


# -- foreseeing -------------------------------------------------------------------------------------------------------


def _in_the_making() -> School:
    return begun(School(), reaches_the_provider=False, who_waits=timedelta(seconds=30))


def _never_opened() -> School:
    return begun(School(), reaches_the_provider=False)


def _answer_lost() -> School:
    return begun(School(), reaches_the_provider=True)


def _never_opened_and_old() -> School:
    return begun(School(), reaches_the_provider=False, who_waits=timedelta(days=2))


def _never_opened_of_nobody() -> School:
    school = _never_opened()
    school.store.students.clear()
    return school


def _never_opened_and_over() -> School:
    return begun(School(), reaches_the_provider=False, who_waits=timedelta(minutes=50))


def _answer_lost_and_paid() -> School:
    school = _answer_lost()
    school.provider.pay(ONE)
    return school


def _open() -> School:
    return with_open_checkout(School())


def _open_and_over() -> School:
    school = with_open_checkout(School(provider=a_slow_provider()))
    school.wait(hours=1)
    return school


def _paid() -> School:
    school = _open()
    school.provider.pay(ONE)
    return school


def _completed() -> School:
    school = _paid()
    school.repair()
    return school


@pytest.mark.parametrize(
    "make",
    [
        _in_the_making,
        _never_opened,
        _answer_lost,
        _never_opened_and_old,
        _never_opened_of_nobody,
        _never_opened_and_over,
        _answer_lost_and_paid,
        _open,
        _open_and_over,
        _paid,
        _completed,
    ],
)
def test_what_is_foreseen_happens(make: Callable[[], School]) -> None:
    """Foreseeing changes nothing, neither here nor at the provider, and the look itself finds the same."""
    school = make()
    before, there = _all_that_is_kept(school), dict(school.provider.checkouts)
    foreseen = school.repairing().foresee(school.session(ONE))
    assert (_all_that_is_kept(school), dict(school.provider.checkouts)) == (before, there)
    assert found(school) is foreseen.finding


def _all_that_is_kept(school: School) -> list[object]:
    kept = school.store
    return [dict(kept.sessions), dict(kept.enrollments), dict(kept.guards), dict(kept.coupon_uses), dict(kept.events)]
