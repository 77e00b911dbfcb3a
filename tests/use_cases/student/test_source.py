"""How a student found a course is what the school knows, not what a client claims."""

from __future__ import annotations

import pytest

from domain.errors import InvalidValue
from tests.support.factories import a_coupon
from tests.support.memory.school import School


def test_without_anything_known_it_is_direct() -> None:
    """The usual case."""
    school = School()
    assert school.start().session.source == "direct"
    assert school.enrolled(course_id="free-1").enrollment.source == "direct"


def test_a_link_that_was_followed_is_a_referral() -> None:
    """Kept on the session, and what it pays for."""
    school = School()
    session = school.start(referral="partner-7").session
    assert (session.source, session.referral) == ("referral", "partner-7")
    school.settle(school.provider.pay(session.payment_session_id))
    enrollment = school.enrollment()
    assert enrollment is not None
    assert enrollment.source == "referral"


def test_a_coupon_is_a_promotion() -> None:
    """Whoever sent the student as well: the referral is kept beside it."""
    school = School()
    school.issue(a_coupon())
    session = school.start(coupon_code="SPRING", referral="partner-7").session
    assert (session.source, session.referral) == ("promotion", "partner-7")


def test_a_coupon_that_a_free_course_does_not_need_is_none() -> None:
    """It is not used."""
    school = School()
    school.issue(a_coupon())
    assert school.enrolled(course_id="free-1", coupon_code="SPRING").enrollment.source == "direct"


@pytest.mark.parametrize("wrong", ["", "a b", "x" * 65, "a#b"])
def test_a_referral_is_an_id(wrong: str) -> None:
    """Nothing else is stored."""
    with pytest.raises(InvalidValue):
        School().start(referral=wrong)
