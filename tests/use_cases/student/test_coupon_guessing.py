"""Guessing coupon codes by buying with them: ten tries a minute, then nothing tells a right code from a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from domain.errors import (
    CouponAlreadyUsed,
    CouponExhausted,
    CouponExpired,
    CouponNotFound,
    DomainError,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    TooManyCheckouts,
)
from domain.ports.telemetry import Signal
from domain.services.enrollment_strategies import MAX_OPEN_CHECKOUTS
from domain.transactions.rate_limits import COUPON, PER_STUDENT
from tests.support.factories import NOW, a_coupon, a_course
from tests.support.memory.misbehaving import Refusing, Unreachable
from tests.support.memory.school import KIM, School


def tired_out(school: School, tries: int = PER_STUDENT) -> School:
    """The student has tried so many wrong codes in this minute."""
    for number in range(tries):
        with pytest.raises(CouponNotFound):
            school.enroll(coupon_code=f"GUESS-{number}")
    return school


def test_fault_61_buying_guesses_no_faster_than_asking() -> None:
    """Codes tried at the checkout and codes asked about are counted together, and the next minute begins anew."""
    school = School()
    school.issue(a_coupon())
    tired_out(school, PER_STUDENT - 1)
    assert school.validate_coupon("user-1", "192.0.2.1", "course-1", "GUESS").quote is None
    for code in ("SPRING", "WRONG"):
        with pytest.raises(RateLimited):
            school.enroll(coupon_code=code)
    assert school.store.sessions == {}
    school.start(KIM, coupon_code="SPRING")  # others do not wait for them
    school.wait(minutes=1)
    school.start(coupon_code="SPRING")


@pytest.mark.parametrize("worth", [Decimal(10), Decimal(100)])
def test_fault_61_codes_that_work_are_counted_too(worth: Decimal) -> None:
    """Whether the tenth code led to a checkout or into the course, the eleventh is refused."""
    school = School()
    school.offer(a_course(course_id="course-2"))
    school.issue(a_coupon(discount_value=worth))
    tired_out(school, PER_STUDENT - 1)
    school.enroll(coupon_code="SPRING")
    with pytest.raises(RateLimited):
        school.enroll(course_id="course-2", coupon_code="GUESS")


def expired(school: School) -> None:
    """The coupon is over."""
    school.issue(a_coupon(valid_until=NOW))


def used_up(school: School) -> None:
    """Others have had all its uses."""
    school.issue(a_coupon(max_uses=1, current_uses=1))


def used_elsewhere(school: School) -> None:
    """The student buys another course with it."""
    school.offer(a_course(course_id="course-2"))
    school.issue(a_coupon())
    school.start(course_id="course-2", coupon_code="SPRING")
    school.wait(minutes=1)


def too_many_open(school: School) -> None:
    """It applies, but the student may open no more checkouts."""
    school.issue(a_coupon())
    for number in range(MAX_OPEN_CHECKOUTS):
        school.offer(a_course(course_id=f"other-{number}"))
        school.start(course_id=f"other-{number}")


def provider_down(school: School) -> None:
    """It applies, and the provider does not answer."""
    school.issue(a_coupon())
    school.gateway = Unreachable(school.provider)


def provider_refusing(school: School) -> None:
    """It applies, and the provider does not sell the course."""
    school.issue(a_coupon())
    school.gateway = Refusing(school.provider)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (expired, CouponExpired),
        (used_up, CouponExhausted),
        (used_elsewhere, CouponAlreadyUsed),
        (too_many_open, TooManyCheckouts),
        (provider_down, ProviderUnavailable),
        (provider_refusing, ProviderRejected),
    ],
)
def test_fault_61_whatever_a_known_code_is_refused_for_is_counted(
    given: Callable[[School], None], refusal: type[DomainError]
) -> None:
    """Any other answer than to an unknown code would set it apart: it counts, and once the count is full it does not
    show.
    """
    school = School()
    given(school)
    tired_out(school, PER_STUDENT - 2)
    with pytest.raises(refusal):
        school.enroll(coupon_code="SPRING")
    school.wait(minutes=1)
    tired_out(school)
    with pytest.raises(RateLimited):
        school.enroll(coupon_code="SPRING")


def test_fault_61_a_guess_too_many_leaves_the_open_checkout_alone() -> None:
    """A right code would replace the checkout that is open; with the count full it stays, as under a wrong one."""
    school = School()
    school.issue(a_coupon())
    opened = school.start().session
    tired_out(school)
    with pytest.raises(RateLimited):
        school.enroll(coupon_code="SPRING")
    assert [session.status for session in school.store.sessions.values()] == [opened.status]
    assert school.start().session.payment_session_id == opened.payment_session_id


def test_fault_61_guessing_at_the_checkout_is_signalled() -> None:
    """Operations hear of every refused code, and of tries beyond the limit without being told of whom."""
    school = tired_out(School())
    with pytest.raises(RateLimited):
        school.enroll(coupon_code="GUESS")
    assert school.signals(Signal.COUPON_REFUSED) == ["coupon_not_found"] * (PER_STUDENT + 1) + ["rate_limited"]


def test_what_is_no_fault_of_the_code_is_no_refused_code() -> None:
    """A provider that does not answer says nothing about coupons."""
    school = School()
    provider_down(school)
    with pytest.raises(ProviderUnavailable):
        school.enroll(coupon_code="SPRING")
    assert school.signals(Signal.COUPON_REFUSED) == []


def test_clicking_again_is_no_guess() -> None:
    """Carrying on with the checkout that is open, coupon and all, costs no attempt, however often."""
    school = School()
    school.issue(a_coupon())
    opened = school.start(coupon_code="SPRING").session
    for _ in range(2 * PER_STUDENT):
        assert school.start(coupon_code="SPRING").session.payment_session_id == opened.payment_session_id


def test_without_a_code_nothing_is_counted() -> None:
    """Who tries no code is never asked to wait for trying codes, whatever goes wrong."""
    school = School()
    school.gateway = Unreachable(school.provider)
    for _ in range(2 * PER_STUDENT):
        with pytest.raises(ProviderUnavailable):
            school.enroll()
    assert COUPON not in {action for _, action, _ in school.store.rate_limits}


def test_fault_61_guesses_at_once_are_all_counted() -> None:
    """Of thirty codes tried in one moment ten are answered; with the right one among the others, it does not show."""
    school = School()
    school.issue(a_coupon())
    tired_out(school, PER_STUDENT - 5)
    codes = [f"OTHER-{number}" for number in range(29)] + ["SPRING"]

    def tried(code: str) -> type:
        try:
            return type(school.enroll(coupon_code=code))
        except DomainError as refused:
            return type(refused)

    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(tried, codes))
    assert results.count(RateLimited) == len(codes) - 5


def test_fault_117_a_good_coupon_tried_again_while_the_provider_is_down_is_no_guessing() -> None:
    """A buyer who follows every answer, and comes back again and again, is never refused for trying too often."""
    school = School()
    school.issue(a_coupon())
    school.gateway = Unreachable(school.provider)
    for _ in range(3 * PER_STUDENT):
        with pytest.raises(ProviderUnavailable):
            school.enroll(coupon_code="SPRING")
    school.gateway = school.provider
    assert school.start(coupon_code="SPRING").session.coupon is not None


def test_fault_117_other_codes_are_still_counted_meanwhile() -> None:
    """Nine wrong ones beside the good one are all that a minute has room for."""
    school = School()
    school.issue(a_coupon())
    school.gateway = Unreachable(school.provider)
    for _ in range(5):
        with pytest.raises(ProviderUnavailable):
            school.enroll(coupon_code="SPRING")
    tired_out(school, PER_STUDENT - 1)
    with pytest.raises(RateLimited):
        school.enroll(coupon_code="ONE-MORE")
    with pytest.raises(ProviderUnavailable):
        school.enroll(coupon_code="SPRING")
