"""Another coupon or another way to pay for an open checkout: the old one is closed first, whatever became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.coupons import DiscountType
from domain.enrollment_requests import AwaitingPayment
from domain.errors import (
    AmountTooSmall,
    CheckoutBusy,
    CouponAlreadyUsed,
    CouponExhausted,
    CouponExpired,
    CouponInactive,
    CouponNotApplicable,
    CouponNotFound,
    DomainError,
    PaymentProcessing,
    ProviderRejected,
    ProviderUnavailable,
)
from domain.money import Money
from domain.payments.states import Status
from tests.support.factories import NOW, PRICE, a_coupon, a_course
from tests.support.memory.misbehaving import LosesAnswers, Overtaken, Refusing, StaysOpen, Unreachable
from tests.support.memory.school import SAM, School


def a_school() -> School:
    """A school with two coupons."""
    school = School()
    school.issue(a_coupon())
    school.issue(a_coupon(code="SUMMER", discount_value=Decimal(20)))
    return school


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"coupon_code": "SPRING"}),
        ({"coupon_code": "SPRING"}, {}),
        ({"coupon_code": "SPRING"}, {"coupon_code": "SUMMER"}),
        ({"ui_mode": "embedded"}, {"ui_mode": "hosted"}),
        ({"coupon_code": "SPRING", "ui_mode": "hosted"}, {"coupon_code": "SPRING", "ui_mode": "embedded"}),
    ],
)
def test_other_terms_supersede_the_open_checkout(before: dict[str, Any], after: dict[str, Any]) -> None:
    """The old checkout is closed at the provider and released with its coupon; the new one holds its own."""
    school = a_school()
    old = school.start(**before).session.payment_session_id
    new = school.start(**after)
    assert new.is_new
    assert school.session(old).status is Status.CANCELLED
    with pytest.raises(ValueError, match="expired"):
        school.provider.pay(old)
    assert school.lock() == new.session.payment_session_id
    for code in ("SPRING", "SUMMER"):
        wanted = after.get("coupon_code") == code
        assert school.uses_counted(code) == int(wanted)
        assert (school.coupon_use(code=code) is not None) is wanted


def test_the_same_terms_carry_on() -> None:
    """The same coupon and way to pay show the same checkout, at the same discount, holding one use."""
    school = a_school()
    first = school.start(coupon_code="SPRING")
    assert school.start(coupon_code="SPRING").session == first.session
    assert first.session.total == Money(13_499, "usd")
    assert school.uses_counted() == 1


def test_a_checkout_that_turns_out_paid_is_honoured() -> None:
    """When the old checkout was paid before it could be closed, the student is enrolled and nothing new is opened."""
    school = a_school()
    old = school.start().session.payment_session_id
    school.provider.pay(old)
    assert school.enrolled(coupon_code="SPRING").enrollment.payment_session_id == old
    assert school.session(old).status is Status.COMPLETED
    assert len(school.store.sessions) == 1
    assert school.uses_counted() == 0


def test_a_checkout_that_is_being_paid_is_waited_for() -> None:
    """When the student finished the old checkout by a slow method, other terms do not open another."""
    school = a_school()
    old = school.start().session.payment_session_id
    school.provider.promise(old)
    with pytest.raises(PaymentProcessing):
        school.enroll(coupon_code="SPRING")
    assert school.session(old).status is Status.PROCESSING
    assert len(school.store.sessions) == 1


def test_a_checkout_that_cannot_be_closed_stays() -> None:
    """While the provider is down, the old checkout keeps its checkout lock and its coupon, and no other is opened."""
    school = a_school()
    old = school.start(coupon_code="SPRING").session.payment_session_id
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll(coupon_code="SUMMER")
    assert school.lock() == old
    assert (school.uses_counted("SPRING"), school.uses_counted("SUMMER")) == (1, 0)
    school.gateway = school.provider
    assert school.start(coupon_code="SUMMER").is_new


def test_a_closing_whose_answer_was_lost_is_settled_by_repeating() -> None:
    """When the provider closed the checkout and its answer got lost, repeating releases it and opens another."""
    school = a_school()
    old = school.start().session.payment_session_id
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll(coupon_code="SPRING")
    assert school.start(coupon_code="SPRING").is_new
    assert school.session(old).status is Status.CANCELLED


def test_a_checkout_never_learned_of_is_found_and_closed() -> None:
    """Other terms close even a checkout whose id was lost on the way: it could be paid otherwise."""
    school = a_school()
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    assert school.start(coupon_code="SPRING").is_new
    assert school.session("ps_000001").status is Status.CANCELLED
    with pytest.raises(ValueError, match="expired"):
        school.provider.pay("ps_000001")


def test_a_reservation_that_the_provider_refuses_is_superseded() -> None:
    """A reservation whose checkout the provider refuses to open does not stand in the way of other terms."""
    school = a_school()
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    school.gateway = Refusing(school.provider, times=1)
    assert school.start(coupon_code="SPRING").is_new
    assert school.session("ps_000001").status is Status.FAILED


@pytest.mark.parametrize(
    ("coupon", "refusal"),
    [
        ({"active": False}, CouponInactive),
        ({"valid_until": NOW}, CouponExpired),
        ({"max_uses": 1, "current_uses": 1}, CouponExhausted),
        ({"course_ids": frozenset({"course-2"})}, CouponNotApplicable),
        ({"discount_type": DiscountType.FIXED, "discount_value": Decimal(PRICE.amount - 49)}, AmountTooSmall),
    ],
)
def test_a_coupon_that_does_not_apply_costs_no_checkout(coupon: dict[str, Any], refusal: type[DomainError]) -> None:
    """A coupon that is refused leaves the open checkout as it is, payable."""
    school = School()
    school.issue(a_coupon(code="WRONG", **coupon))
    old = school.start()
    with pytest.raises(refusal):
        school.enroll(coupon_code="WRONG")
    assert school.start().session == old.session
    school.receive(school.provider.pay(old.session.payment_session_id))
    assert school.enrollment() is not None


def test_an_unknown_coupon_costs_no_checkout() -> None:
    """A code that nobody issued leaves the open checkout as it is."""
    school = School()
    old = school.start()
    with pytest.raises(CouponNotFound):
        school.enroll(coupon_code="NOBODYS")
    assert school.start().session == old.session


def test_fault_62_a_coupon_used_elsewhere_costs_no_checkout() -> None:
    """A coupon that the student has used for another course leaves the open checkout as it is."""
    school = a_school()
    school.offer(a_course(course_id="course-2"))
    school.start(course_id="course-2", coupon_code="SPRING")
    old = school.start()
    with pytest.raises(CouponAlreadyUsed):
        school.enroll(coupon_code="SPRING")
    assert school.session(old.session.payment_session_id).status is Status.OPEN
    assert school.start().session == old.session


def test_a_student_may_change_their_mind_about_the_last_use() -> None:
    """The use that a student's own checkout holds does not exhaust the coupon for that student's next checkout."""
    school = School()
    school.issue(a_coupon(max_uses=1))
    school.start(coupon_code="SPRING")
    assert school.start(coupon_code="SPRING", ui_mode="hosted").redirect_url
    assert school.uses_counted() == 1


def test_somebody_else_supersedes_at_the_same_time() -> None:
    """When another click with other terms opened its checkout first, this one's terms win in the end, with one live."""
    school = a_school()
    first = school.start().session.payment_session_id

    def other_click() -> None:
        school.gateway = school.provider
        school.start(coupon_code="SUMMER")

    school.gateway = Overtaken(school.provider, meanwhile=other_click, on="close_checkout")
    result = school.enroll(coupon_code="SPRING")
    assert isinstance(result, AwaitingPayment)
    live = [session for session in school.store.sessions.values() if session.is_live]
    assert [session.payment_session_id for session in live] == [result.session.payment_session_id]
    assert school.lock() == result.session.payment_session_id
    assert school.session(first).status is not Status.OPEN
    assert (school.uses_counted("SPRING"), school.uses_counted("SUMMER")) == (1, 0)


def test_a_provider_that_lost_a_checkout_is_reported_as_such() -> None:
    """A checkout that the provider suddenly does not know is an error to be seen, not an endless preparation."""
    school = School()
    school.start()
    school.gateway = Refusing(school.provider, refused=("look_up",))
    with pytest.raises(ProviderRejected):
        school.enroll(SAM)
    assert school.session("ps_000001").status is Status.OPEN


def test_a_checkout_that_the_provider_does_not_close_keeps_its_lock() -> None:
    """It may still be paid: a second one beside it would let the student pay twice. Closed later, the way is free."""
    school = a_school()
    old = school.start().session.payment_session_id
    school.gateway = StaysOpen(school.provider)
    with pytest.raises(CheckoutBusy):
        school.start(coupon_code="SPRING")
    assert (school.lock(), school.session(old).status, len(school.store.sessions)) == (old, Status.OPEN, 1)
    school.gateway = school.provider
    assert school.start(coupon_code="SPRING").is_new
    assert school.session(old).status is Status.CANCELLED
