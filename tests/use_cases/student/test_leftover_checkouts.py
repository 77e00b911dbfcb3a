"""No checkout stays payable beside an enrollment, and none that is over stands in a student's way."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import evolve

from adapters.memory.checkouts import Stage
from domain.coupons import Coupon
from domain.enrollment_requests import Enrolled
from domain.errors import PaymentInReview, ProviderUnavailable, TooManyCheckouts
from domain.payments.reviews import ResolutionKind, ReviewReason
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from tests.support.factories import PRICE, a_coupon, a_course, a_free_course
from tests.support.memory.misbehaving import Interrupted, Unreachable
from tests.support.memory.school import SAM, School

ONE, TWO = "ps_000001", "ps_000002"


def assert_nobody_can_pay(school: School, payment_session_id: str = ONE) -> None:
    """The provider takes no money for this session any more."""
    with pytest.raises(ValueError, match="cannot become"):
        school.provider.pay(payment_session_id)


# -- enrolled while a checkout is open --------------------------------------------------------------------------------


def free_by_coupon(school: School) -> None:
    """In another tab the student enters a coupon that leaves nothing to pay."""
    school.issue(a_coupon(discount_value=Decimal(100)))
    assert school.enrolled(coupon_code="SPRING").is_new


def free_by_price(school: School) -> None:
    """The course becomes free, and the student enrolls."""
    school.offer(a_free_course(course_id="course-1"))
    assert school.enrolled().is_new


@pytest.mark.parametrize("enrolls", [free_by_coupon, free_by_price])
def test_fault_112_a_checkout_open_in_another_tab_is_closed(enrolls: Callable[[School], None]) -> None:
    """Nobody pays for what they have."""
    school = School()
    school.start()
    enrolls(school)
    assert (school.session(ONE).status, school.lock()) == (Status.CANCELLED, None)
    assert_nobody_can_pay(school)


def test_fault_112_a_checkout_that_cannot_be_closed_now_is_closed_later() -> None:
    """The student is enrolled all the same; the request to close it is on record, and reconciliation carries it out."""
    school = School()
    school.start()
    school.gateway = Unreachable(school.provider)
    free_by_price(school)
    assert school.session(ONE).cancel_requested_at == school.clock.now()
    school.gateway = school.provider
    school.wait(minutes=5)
    school.reconcile()
    assert (school.session(ONE).status, school.lock()) == (Status.CANCELLED, None)
    assert_nobody_can_pay(school)


def test_fault_112_a_checkout_that_opened_in_that_very_moment_is_closed_by_the_next_run() -> None:
    """Both tabs began before either had finished: reconciliation finds the student enrolled, and closes the other."""
    school = School()
    rival = school.rival()
    school.issue(a_coupon(discount_value=Decimal(100)))
    school.unit_of_work = Interrupted(school.unit_of_work, [rival.start])
    assert school.enrolled(coupon_code="SPRING").is_new
    (opened,) = [session for session in school.store.sessions.values() if session.is_live]
    school.wait(minutes=5)
    school.reconcile()
    assert (school.session(opened.payment_session_id).status, school.lock()) == (Status.EXPIRED, None)
    assert_nobody_can_pay(school, opened.payment_session_id)


@pytest.mark.parametrize("kind", [ResolutionKind.REFUNDED, ResolutionKind.DISMISSED, ResolutionKind.ENROLLED])
def test_fault_112_deciding_a_review_closes_the_sessions_own_checkout(kind: ResolutionKind) -> None:
    """Money came from another checkout: two of one student and course are never payable at once."""
    school = School()
    school.start()
    school.settle(school.pay_again())
    assert school.session(ONE).review_reason is ReviewReason.OTHER_CHECKOUT
    with pytest.raises(PaymentInReview):
        school.enroll()
    school.resolve(ONE, kind)
    assert_nobody_can_pay(school)
    if kind is ResolutionKind.ENROLLED:
        assert isinstance(school.enroll(), Enrolled)
    else:
        assert school.start().session.payment_session_id == TWO


def test_fault_112_nothing_is_decided_while_that_checkout_cannot_be_closed() -> None:
    """The student could pay there a moment later."""
    school = School()
    school.start()
    school.settle(school.pay_again())
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.resolve(ONE, ResolutionKind.DISMISSED)
    assert school.session(ONE).awaits_decision


def test_a_payment_at_the_sessions_own_checkout_is_seen_when_the_review_is_decided() -> None:
    """It was paid as well, and no event came: closing finds it, and it becomes a second payment with its own review."""
    school = School()
    school.start()
    school.settle(school.pay_again())
    school.provider.pay(ONE)
    school.resolve(ONE, ResolutionKind.REFUNDED)
    (second,) = school.sessions.in_review(at_most=9)
    assert (second.review_reason, second.provider_payment_id) == (ReviewReason.SECOND_PAYMENT, "pi_000001")


# -- a free copy ------------------------------------------------------------------------------------------------------


def a_free_copy(school: School) -> None:
    """Support makes a copy of the checkout by hand at no price, and it is completed."""
    free = evolve(school.provider.checkouts[ONE], number=999, amount=evolve(PRICE, amount=0), stage=Stage.PAID)
    school.settle(free.event("checkout.completed"))


def test_fault_109_the_real_checkout_paid_after_a_free_copy_is_not_swallowed() -> None:
    """The copy is for a person to look at; the payment has a session of its own, with its money on record."""
    school = School()
    school.start()
    a_free_copy(school)
    assert school.session(ONE).review_reason is ReviewReason.OTHER_CHECKOUT
    school.settle(school.provider.pay(ONE))
    received = {one.provider_payment_id: one.received for one in school.sessions.in_review(at_most=9)}
    assert received == {None: 0, "pi_000001": PRICE.amount}
    assert school.signals(Signal.PAYMENT_IN_REVIEW) == ["other_checkout", "second_payment"]
    assert [amount for _, amount, _ in school.entries()] == [PRICE.amount]


def test_fault_109_a_free_copy_after_the_payment_changes_nothing() -> None:
    """Nothing was received that a person would have to decide about."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    before = school.session(ONE)
    a_free_copy(school)
    assert (school.session(ONE), len(school.store.sessions)) == (before, 1)
    assert school.enrollment() is not None


def test_the_same_payment_reported_twice_after_a_free_copy_is_one_second_payment() -> None:
    """Repetitions end in the same place."""
    school = School()
    school.start()
    a_free_copy(school)
    event = school.provider.pay(ONE)
    school.settle(event)
    school.settle(event)
    assert len(school.store.sessions) == 2


# -- a lock that was left behind --------------------------------------------------------------------------------------


def damage_counter(school: School) -> None:
    """A person sets the counter of the coupon to zero."""
    school.change_coupon("SPRING", current_uses=0)


def delete_coupon(school: School) -> None:
    """A person deletes the coupon."""
    del school.store.coupons["SPRING"]


def delete_use(school: School) -> None:
    """A person deletes the student's use of the coupon."""
    school.store.coupon_uses.clear()


@pytest.mark.parametrize("damage", [damage_counter, delete_coupon, delete_use])
def test_fault_108_a_damaged_coupon_does_not_keep_the_checkout_lock(damage: Callable[[School], None]) -> None:
    """Only what is damaged is left out of the release: the student can buy again, and the damage is reported."""
    school = School()
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    damage(school)
    school.wait(hours=1)
    school.reconcile()
    assert (school.session(ONE).status, school.lock()) == (Status.EXPIRED, None)
    assert "coupon_use_changed" in school.signals(Signal.DIFFERENCE_FOUND)
    assert school.start().session.payment_session_id == TWO


@pytest.mark.parametrize("damage", [damage_counter, delete_coupon])
def test_fault_108_with_a_damaged_counter_the_use_still_goes_back(damage: Callable[[School], None]) -> None:
    """The student may use the coupon again once it is mended."""
    school = School()
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    damage(school)
    school.wait(hours=1)
    school.reconcile()
    assert school.coupon_use() is None


def test_fault_108_anothers_use_is_not_given_back() -> None:
    """Where the student's use is gone, its count stays: it may be another's."""
    school = School()
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    delete_use(school)
    school.wait(hours=1)
    school.reconcile()
    assert school.uses_counted() == 1


@pytest.mark.parametrize("is_missing", [False, True])
def test_fault_108_a_lock_left_behind_is_taken_over(is_missing: bool) -> None:
    """By damage of any other kind: its session is over, or is not there at all."""
    school = School()
    school.start()
    school.settle(school.provider.expire(ONE))
    if is_missing:
        del school.store.sessions[SAM.user_id, ONE]
    school.store.checkout_locks[SAM.user_id, "course-1"] = ONE
    assert school.start().session.payment_session_id == TWO
    assert school.lock() == TWO


def test_fault_108_a_lock_that_another_tab_took_over_first_is_that_tabs() -> None:
    """Both found it left behind: one checkout is opened, and both see it."""
    school = School()
    school.start()
    school.settle(school.provider.expire(ONE))
    school.store.checkout_locks[SAM.user_id, "course-1"] = ONE
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [rival.start])
    shown = school.start()
    live = [session for session in school.store.sessions.values() if session.is_live]
    assert [session.payment_session_id for session in live] == [shown.session.payment_session_id]


# -- many checkouts ---------------------------------------------------------------------------------------------------


def with_courses(count: int) -> School:
    """A school with so many courses more."""
    school = School()
    for number in range(2, count + 2):
        school.offer(a_course(course_id=f"course-{number}"))
    return school


def test_fault_113_bank_debits_on_their_way_do_not_block_another_course() -> None:
    """Nobody can finish or cancel them: a sixth course can be bought while five are on their way."""
    school = with_courses(5)
    for number in range(1, 6):
        session = school.start(course_id=f"course-{number}").session
        school.settle(school.provider.promise(session.payment_session_id))
    assert school.start(course_id="course-6").session.status is Status.OPEN


def test_fault_64_open_checkouts_do() -> None:
    """Those can be finished or cancelled."""
    school = with_courses(5)
    for number in range(1, 6):
        school.start(course_id=f"course-{number}")
    with pytest.raises(TooManyCheckouts):
        school.enroll(course_id="course-6")


def test_a_coupon_that_leaves_nothing_to_pay_opens_no_sixth_checkout() -> None:
    """So it is not held back by five that are open."""
    school = with_courses(5)
    school.issue(_everything())
    for number in range(1, 6):
        school.start(course_id=f"course-{number}")
    assert school.enrolled(course_id="course-6", coupon_code="SPRING").is_new


def _everything() -> Coupon:
    return a_coupon(discount_value=Decimal(100))
