"""A student asks what a coupon is worth: answered without holding anything, and not too often."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.coupons import DiscountType
from domain.errors import (
    AmountTooSmall,
    CouponAlreadyUsed,
    CouponExhausted,
    CouponExpired,
    CouponNotApplicable,
    CouponNotFound,
    CourseNotForSale,
    CourseNotFound,
    DomainError,
    RateLimited,
)
from domain.money import Money
from domain.ports.telemetry import Signal
from domain.use_cases.student.validate_coupon import Validation
from tests.support.factories import NOW, PRICE, a_coupon, a_course
from tests.support.memory.school import School


def ask(school: School, code: str = "spring", course_id: str = "course-1", user_id: str = "user-1") -> Validation:
    """The student asks, from one address."""
    return school.validate_coupon(user_id, "192.0.2.1", course_id, code)


def test_a_coupon_shows_its_discount_and_holds_nothing() -> None:
    """Asking shows the price under the coupon, in any case of letters, and reserves no use."""
    school = School()
    school.issue(a_coupon())
    result = ask(school)
    assert result.refusal is None
    assert result.quote is not None
    assert (result.list_price, result.quote.total) == (PRICE, Money(13_499, "usd"))
    assert (school.uses_counted(), school.store.coupon_uses, school.store.sessions) == (0, {}, {})


@pytest.mark.parametrize(
    ("coupon", "refusal"),
    [
        ({"code": "OTHER"}, CouponNotFound),
        ({"valid_until": NOW}, CouponExpired),
        ({"max_uses": 1, "current_uses": 1}, CouponExhausted),
        ({"course_ids": frozenset({"course-2"})}, CouponNotApplicable),
        ({"discount_type": DiscountType.FIXED, "discount_value": Decimal(PRICE.amount - 1)}, AmountTooSmall),
    ],
)
def test_fault_61_a_coupon_that_does_not_apply_is_an_answer(coupon: dict[str, Any], refusal: type[DomainError]) -> None:
    """Unknown, expired, used up, for other courses: the same shape of answer, with the list price and no quote."""
    school = School()
    school.issue(a_coupon(**coupon))
    result = ask(school)
    assert (result.list_price, result.quote) == (PRICE, None)
    assert isinstance(result.refusal, refusal)
    assert school.signals(Signal.COUPON_REFUSED) == [refusal.code]


@pytest.mark.parametrize("code", ["", "\uff33\uff30\uff32\uff29\uff2e\uff27", "spr\u0131ng", "SPRING\n", "x" * 5_000])
def test_fault_68_a_look_alike_is_unknown(code: str) -> None:
    """What only looks like the code is answered like any unknown one."""
    school = School()
    school.issue(a_coupon())
    assert isinstance(ask(school, code).refusal, CouponNotFound)


def test_a_use_of_the_students_own_checkout_counts_as_theirs() -> None:
    """The coupon of the open checkout is shown as it is for it, even if it was the last; elsewhere it is used."""
    school = School()
    school.issue(a_coupon(max_uses=1))
    school.offer(a_course(course_id="course-2"))
    school.start(coupon_code="SPRING")
    assert ask(school).refusal is None
    assert isinstance(ask(school, course_id="course-2").refusal, CouponExhausted)
    assert isinstance(ask(school, user_id="user-2").refusal, CouponExhausted)


def test_fault_62_a_coupon_used_for_another_course_is_used() -> None:
    """A student sees that their one use is gone before they try to buy."""
    school = School()
    school.issue(a_coupon())
    school.offer(a_course(course_id="course-2"))
    school.start(coupon_code="SPRING")
    assert isinstance(ask(school, course_id="course-2").refusal, CouponAlreadyUsed)


def test_there_must_be_something_to_buy() -> None:
    """An unknown course is not found, and a free one has no price to lower."""
    with pytest.raises(CourseNotFound):
        ask(School(), course_id="course-9")
    with pytest.raises(CourseNotForSale):
        ask(School(), course_id="free-1")


def test_fault_61_a_student_guesses_ten_times_a_minute() -> None:
    """The eleventh attempt of a minute is refused, right or wrong, and the next minute begins anew."""
    school = School()
    for number in range(10):
        assert ask(school, f"GUESS-{number}").quote is None
    school.issue(a_coupon())
    with pytest.raises(RateLimited):
        ask(school)
    school.wait(minutes=1)
    assert ask(school).quote is not None


def test_fault_61_an_address_guesses_thirty_times_a_minute() -> None:
    """Accounts at one address share its thirty attempts: thirty-one students, each with a code of their own, are one
    too many.
    """
    school = School()
    for number in range(30):
        assert ask(school, f"GUESS-{number}", user_id=f"user-{number}").quote is None
    school.issue(a_coupon())
    with pytest.raises(RateLimited):
        ask(school, user_id="user-99")
    school.wait(minutes=1)
    assert ask(school, user_id="user-99").quote is not None
