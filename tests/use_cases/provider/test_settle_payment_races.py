"""Settling while others settle too: whoever is faster, the end is the same, and every attempt is bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from domain.enrollment_requests import AwaitingPayment
from domain.errors import CheckoutReplaced, CouponUseChanged, DomainError, StorageUnavailable
from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.services.settle_payment import ATTEMPTS
from domain.transactions.conflicts import AlreadyEnrolled, TransactionConflict
from tests.support.factories import a_coupon, an_enrollment, paid
from tests.support.memory.misbehaving import Failing, Interrupted
from tests.support.memory.school import SAM, School


def opened(school: School, **chosen: Any) -> str:
    """The id of a session that a student may pay."""
    return school.start(**chosen).session.payment_session_id


def test_somebody_faster_is_agreed_with() -> None:
    """When another report of the same payment is settled first, this one finds it done, without waiting."""
    school = School()
    event = school.provider.pay(opened(school))
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(event)])
    assert school.settle(event).status is Status.COMPLETED
    assert not school.backoff.pauses
    assert school.telemetry.count(Signal.ENROLLED) == 0
    assert rival.telemetry.count(Signal.ENROLLED) == 1
    assert len(school.store.enrollments) == 1


def test_fault_32_a_payment_overtaken_by_its_own_promise_completes() -> None:
    """When the session moves on to processing while the payment is being settled, it is completed all the same."""
    school = School()
    session_id = opened(school)
    promise = school.provider.promise(session_id)
    payment = school.provider.pay(session_id)
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(promise)])
    assert school.settle(payment).status is Status.COMPLETED
    assert school.session(session_id).status is Status.COMPLETED


def test_fault_33_an_expiry_overtaken_by_the_payment_releases_nothing() -> None:
    """When the payment is settled while an expiry is, the expiry finds the session paid and leaves it."""
    school = School()
    school.issue(a_coupon())
    session_id = opened(school, coupon_code="SPRING")
    expiry = evolve(school.provider.expire(session_id), event_id="evt_expired")
    payment = paid(school.session(session_id))
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(payment)])
    assert school.settle(expiry).status is Status.COMPLETED
    use = school.coupon_use()
    assert use is not None
    assert use.redeemed
    assert school.uses_counted() == 1
    assert school.enrollment() is not None


def test_fault_70_a_payment_overtaken_by_the_release_is_late_money() -> None:
    """When the session is released while its payment is being settled, the student is enrolled all the same."""
    school = School()
    school.issue(a_coupon())
    session_id = opened(school, coupon_code="SPRING")
    payment = paid(school.session(session_id))
    expiry = school.provider.expire(session_id)
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(expiry)])
    assert school.settle(payment).status is Status.COMPLETED
    assert school.signals(Signal.PAYMENT_LATE) == ["completed"]
    assert school.enrollment() is not None
    assert school.uses_counted() == 0
    assert school.coupon_use() is None


def test_fault_42_a_review_is_opened_once() -> None:
    """When another report of the payment puts it to review first, this one raises no second alarm."""
    school = School()
    event = school.provider.pay(opened(school))
    by_admin = an_enrollment()
    school.store.enrollments[SAM.user_id, "course-1"] = by_admin
    rival = School(store=school.store, clock=school.clock)

    def refused() -> DomainError:
        rival.settle(event)
        return TransactionConflict((AlreadyEnrolled(by_admin),))

    school.unit_of_work = Failing(school.unit_of_work, failure=refused)
    assert school.settle(event).status is Status.REVIEW
    assert rival.signals(Signal.PAYMENT_IN_REVIEW) == ["already_enrolled"]
    assert school.signals(Signal.PAYMENT_IN_REVIEW) == []


def test_fault_86_the_enrollment_of_this_very_payment_is_no_reason_for_review() -> None:
    """Being refused by one's own enrollment means to look again, not to call a person."""
    school = School()
    session_id = opened(school)
    event = school.provider.pay(session_id)
    own = school.session(session_id).completed(paid(school.session(session_id)), school.clock.now()).enrollment()
    school.unit_of_work = Failing(school.unit_of_work, failure=lambda: TransactionConflict((AlreadyEnrolled(own),)))
    assert school.settle(event).status is Status.COMPLETED
    assert school.backoff.pauses == [1]


@pytest.mark.parametrize("refusal", [CheckoutReplaced, CouponUseChanged])
def test_fault_85_a_passing_refusal_is_tried_again_after_a_pause(refusal: Callable[[], DomainError]) -> None:
    """A refusal that says nothing about the session is waited out, each time longer, and then settled."""
    school = School()
    event = school.provider.pay(opened(school))
    failing = Failing(school.unit_of_work, times=3, failure=lambda: TransactionConflict((refusal(),)))
    school.unit_of_work = failing
    assert school.settle(event).status is Status.COMPLETED
    assert school.backoff.pauses == [1, 2, 3]
    assert failing.attempts == 4


def test_fault_85_attempts_are_bounded() -> None:
    """A refusal that does not pass is handed on after a bounded number of attempts, and nothing is recorded as done."""
    school = School()
    event = school.provider.pay(opened(school))
    failing = Failing(school.unit_of_work, times=99, failure=lambda: TransactionConflict((CheckoutReplaced(),)))
    school.unit_of_work = failing
    with pytest.raises(TransactionConflict):
        school.settle(event)
    assert failing.attempts == ATTEMPTS
    assert len(school.backoff.pauses) == ATTEMPTS - 1
    assert school.telemetry.count(Signal.ENROLLED) == 0


@pytest.mark.parametrize("after", [True, False])
def test_fault_86_a_settlement_whose_answer_was_lost_is_recognised(*, after: bool) -> None:
    """Whether or not storage kept the settlement, receiving the event again ends in one enrollment."""
    school = School()
    event = school.provider.pay(opened(school))
    school.unit_of_work = Failing(school.unit_of_work, after=after)
    with pytest.raises(StorageUnavailable):
        school.settle(event)
    assert school.settle(event).status is Status.COMPLETED
    assert len(school.store.enrollments) == 1


def test_fault_42_a_second_payment_waits_for_a_person_once() -> None:
    """Reported twice, money from another checkout of a completed session is one session in review."""
    school = School()
    first = school.settle(school.provider.pay(opened(school)))
    second = paid(first, provider_session_id="cs_999999", provider_payment_id="pi_999999", event_id="evt_second")
    assert school.settle(second) == first
    school.settle(second)
    waiting = [session for session in school.store.sessions.values() if session.awaits_decision]
    assert [(session.review_reason, session.provider_session_id) for session in waiting] == [
        (ReviewReason.SECOND_PAYMENT, "cs_999999")
    ]
    assert len(school.store.enrollments) == 1
    assert school.telemetry.count(Signal.PAYMENT_IN_REVIEW) == 1


@pytest.mark.parametrize("damage", ["lock", "coupon use"])
def test_a_payment_enrolls_though_what_hangs_on_its_session_is_damaged(damage: str) -> None:
    """A lock or a coupon use that is not the session's own does not keep a student who paid out of the course."""
    school = School()
    school.store.coupons["SPRING"] = a_coupon()
    result = school.enroll(coupon_code="SPRING")
    assert isinstance(result, AwaitingPayment)
    session = result.session
    if damage == "lock":
        school.store.checkout_locks[session.user_id, session.course_id] = "ps_other"
    else:
        del school.store.coupon_uses[session.user_id, "SPRING"]
    assert school.settle(school.provider.pay(session.payment_session_id)).status is Status.COMPLETED
    assert len(school.store.enrollments) == 1
    assert school.telemetry.count(Signal.DIFFERENCE_FOUND) == 1
