"""Settling: the provider's events end in the right state, whoever was faster and however often they are received."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from domain.errors import ContradictoryEvent, PaymentSessionUnknown
from domain.payments.events import CheckoutCancelled, CheckoutPaid, PaymentEvent
from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from tests.support.factories import PRICE, a_coupon, an_enrollment, paid
from tests.support.memory.school import SAM, School


def opened(school: School, **chosen: Any) -> str:
    """The id of a session that a student may pay."""
    return school.start(**chosen).session.payment_session_id


def test_an_event_is_recorded_with_what_it_led_to() -> None:
    """The record of an event says which session it moved, and where to."""
    school = School()
    event = school.provider.expire(opened(school))
    school.settle(event)
    record = school.store.events["stripe", event.event_id]
    said = (record.payment_session_id, record.outcome, record.event_type)
    assert said == ("ps_000001", "expired", "checkout.expired")


def test_a_sale_records_the_event_of_its_payment() -> None:
    """One ledger entry says what was received, by which event, and that it enrolled somebody; nothing else does."""
    school = School()
    event = school.provider.pay(opened(school))
    school.settle(event)
    (sale,) = school.store.ledger.values()
    assert (sale.entry_id, sale.provider_payment_id, sale.payment_session_id) == ("SALE", "pi_000001", "ps_000001")
    assert (sale.event_id, sale.event_type, sale.outcome) == (event.event_id, "checkout.paid", "completed")
    assert (sale.amount, sale.currency, sale.seat) == (PRICE.amount, PRICE.currency, 1)
    assert school.store.events == {}


def test_fault_25_an_unknown_session_is_tried_again_later() -> None:
    """An event about a session that is not stored enrolls nobody, whatever its metadata say; trying again may help."""
    school = School()
    event = school.provider.pay(opened(school))
    school.store.sessions.clear()
    with pytest.raises(PaymentSessionUnknown):
        school.settle(event)
    assert PaymentSessionUnknown.retryable
    assert school.enrollment() is None


def test_fault_26_an_event_that_names_another_student_does_not_find_the_session() -> None:
    """A session is looked for under the student that the event names, and under no other."""
    school = School()
    event = school.provider.pay(opened(school))
    with pytest.raises(PaymentSessionUnknown):
        school.settle(evolve(event, user_id="user-2"))
    assert not school.store.enrollments


def test_fault_42_a_student_enrolled_by_other_means_is_paid_for_in_review() -> None:
    """Money for a course that the student got into meanwhile enrolls nobody twice: a person refunds it."""
    school = School()
    school.issue(a_coupon())
    session_id = opened(school, coupon_code="SPRING")
    by_admin = an_enrollment()
    school.store.enrollments[SAM.user_id, "course-1"] = by_admin
    session = school.settle(school.provider.pay(session_id))
    assert session == school.session(session_id)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.ALREADY_ENROLLED)
    assert school.signals(Signal.PAYMENT_IN_REVIEW) == ["already_enrolled"]
    assert school.enrollment() == by_admin
    assert school.lock() == session_id
    use = school.coupon_use()
    assert use is not None
    assert use.redeemed


def test_fault_42_late_money_of_an_enrolled_student_goes_to_review() -> None:
    """Money for a released session, of a student who is enrolled by another, goes to review as well."""
    school = School()
    first = opened(school)
    late = paid(school.session(first))
    school.settle(school.provider.expire(first))
    school.settle(school.provider.pay(opened(school)))
    session = school.settle(late)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.ALREADY_ENROLLED)
    enrollment = school.enrollment()
    assert enrollment is not None
    assert enrollment.payment_session_id != first
    assert school.settle(late) == session


def test_fault_42_a_second_payment_raises_the_alarm() -> None:
    """Another checkout paid for a completed session changes nothing, and a person is called."""
    school = School()
    event = school.provider.pay(opened(school))
    done = school.settle(event)
    again = paid(done, provider_session_id="cs_999", provider_payment_id="pi_999", event_id="evt_999")
    assert school.settle(again).status is Status.COMPLETED
    assert school.signals(Signal.PAYMENT_IN_REVIEW) == ["second_payment"]


def test_fault_58_no_ghost_student_is_enrolled() -> None:
    """Money of a student who was deleted meanwhile goes to review; no student is made up."""
    school = School()
    session_id = opened(school)
    school.store.students.clear()
    session = school.settle(school.provider.pay(session_id))
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.STUDENT_DELETED)
    assert not school.store.students
    assert not school.store.enrollments


def test_an_expiry_of_a_deleted_student_still_releases() -> None:
    """Without money there is nothing to review: what the session held is given back."""
    school = School()
    school.issue(a_coupon())
    session_id = opened(school, coupon_code="SPRING")
    school.store.students.clear()
    assert school.settle(school.provider.expire(session_id)).status is Status.EXPIRED
    assert school.uses_counted() == 0


def test_a_contradiction_is_raised_and_changes_nothing() -> None:
    """A cancelled checkout of a paid session is nobody's to guess about: an alarm, and no write."""
    school = School()
    session_id = opened(school)
    event = school.provider.pay(session_id)
    done = school.settle(event)
    assert isinstance(event, CheckoutPaid)
    cancelled: PaymentEvent = CheckoutCancelled(
        provider=event.provider,
        event_id="evt_9",
        event_type="any",
        user_id=event.user_id,
        course_id=event.course_id,
        payment_session_id=session_id,
        provider_session_id=event.provider_session_id,
        livemode=False,
    )
    with pytest.raises(ContradictoryEvent):
        school.settle(cancelled)
    assert school.signals(Signal.EVENT_CONTRADICTS) == ["completed"]
    assert school.session(session_id) == done


def test_fault_31_a_slow_payment_that_fails_releases() -> None:
    """A bank debit that bounces releases the session with its coupon; the student may begin anew."""
    school = School()
    school.issue(a_coupon(max_uses=1))
    session_id = opened(school, coupon_code="SPRING")
    school.settle(school.provider.promise(session_id))
    assert school.uses_counted() == 1
    assert school.settle(school.provider.bounce(session_id)).status is Status.FAILED
    assert (school.uses_counted(), school.coupon_use(), school.lock()) == (0, None, None)
    assert school.signals(Signal.PAYMENT_PROCESSING) == ["processing"]
    assert school.signals(Signal.CHECKOUT_RELEASED) == ["failed"]
    assert school.start(coupon_code="SPRING").is_new


def test_a_slow_payment_that_arrives_enrolls() -> None:
    """A bank debit enrolls when the money arrives, and not before."""
    school = School()
    session_id = opened(school)
    school.settle(school.provider.promise(session_id))
    assert school.enrollment() is None
    school.settle(school.provider.pay(session_id))
    assert school.enrollment() is not None


def test_fault_32_a_pending_payment_reported_after_the_money_changes_nothing() -> None:
    """Stripe promises no order: the money's arrival may come first, and what comes later leaves the enrollment."""
    school = School()
    session_id = opened(school)
    pending = school.provider.promise(session_id)
    completed = school.settle(school.provider.pay(session_id))
    assert completed.status is Status.COMPLETED
    assert school.settle(pending) == completed
    assert school.signals(Signal.EVENT_SETTLED) == ["unchanged"]


def test_a_student_keeps_their_first_customer() -> None:
    """Another customer id in a later event does not replace the one the student has."""
    school = School()
    session_id = opened(school)
    school.store.students[SAM.user_id] = evolve(school.store.students[SAM.user_id], customers={"stripe": "cus_mine"})
    school.settle(school.provider.pay(session_id))
    assert school.store.students[SAM.user_id].customer_at("stripe") == "cus_mine"


def test_what_operations_see_names_ids_only() -> None:
    """A signal names event, student, course, session and checkout by their ids, and nothing of the person."""
    school = School()
    school.settle(school.provider.pay(opened(school)))
    emitted = school.telemetry.emitted[-1]
    assert emitted.signal is Signal.ENROLLED
    assert set(emitted.ids) == {"event_id", "user_id", "course_id", "payment_session_id", "provider_session_id"}
    everything = repr(school.telemetry.emitted)
    assert SAM.email not in everything
    assert "secret" not in everything


def test_the_price_of_a_review_is_on_record() -> None:
    """A session in review keeps the payment's id, so that a person finds the money."""
    school = School()
    session_id = opened(school)
    session = school.settle(school.provider.pay(session_id, PRICE.less(1)))
    assert session.provider_payment_id == "pi_000001"
    assert session.review_reason is ReviewReason.AMOUNT_MISMATCH
    assert school.signals(Signal.PAYMENT_IN_REVIEW) == ["amount_mismatch"]
