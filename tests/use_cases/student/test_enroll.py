"""A student enrolls: which courses, at once or by a checkout."""

from __future__ import annotations

from typing import Any

import pytest

from domain.enrollment_requests import Enrolled
from domain.errors import (
    CourseIsFree,
    CourseNotForSale,
    CourseNotFound,
    CourseNotOpen,
    DomainError,
    PricingModelUnknown,
    StorageUnavailable,
)
from domain.money import Money
from domain.ports.telemetry import Signal
from tests.support.factories import a_course
from tests.support.memory.misbehaving import Counting, Failing
from tests.support.memory.school import SAM, School


def test_a_free_course_enrolls_at_once() -> None:
    """Enrolling in a free course needs no payment and no provider."""
    school = School()
    school.gateway = counting = Counting(school.provider)
    result = school.enrolled(course_id="free-1", referral="partner-7")
    assert result.is_new
    assert school.enrollment(course_id="free-1") == result.enrollment
    assert (result.enrollment.enrollment_type, result.enrollment.source) == ("free", "referral")
    assert result.enrollment.payment is None
    assert school.signals(Signal.ENROLLED) == ["free"]
    assert not counting.asked
    assert not school.store.sessions


def test_enrolling_twice_in_a_free_course_is_enrolling_once() -> None:
    """The second time the same enrollment is shown, as not new."""
    school = School()
    first = school.enrolled(course_id="free-1")
    school.wait(hours=1)
    assert school.enrolled(course_id="free-1") == Enrolled(first.enrollment, is_new=False)
    assert school.telemetry.count(Signal.ENROLLED) == 1


def test_fault_86_a_free_enrollment_whose_answer_was_lost_is_found_again() -> None:
    """When storage kept the enrollment and the answer got lost, the repetition shows it."""
    school = School()
    school.unit_of_work = Failing(school.unit_of_work, after=True)
    with pytest.raises(StorageUnavailable):
        school.enroll(course_id="free-1")
    assert school.enrolled(course_id="free-1").is_new is False


@pytest.mark.parametrize(
    ("course", "refusal"),
    [
        ({"coming_soon": True}, CourseNotOpen),
        ({"pricing_model": "auction"}, PricingModelUnknown),
        ({"price": None}, CourseNotForSale),
        ({"price": Money(0, "usd")}, CourseNotForSale),
    ],
)
def test_a_course_that_cannot_be_had_refuses(course: dict[str, Any], refusal: type[DomainError]) -> None:
    """Announced, of an unknown pricing model, or paid without a price: a refusal of its own, and nothing is held."""
    school = School()
    school.offer(a_course(**course))
    with pytest.raises(refusal):
        school.enroll()
    assert not school.store.sessions
    assert not school.store.checkout_locks


def test_a_course_that_is_not_there_is_not_found() -> None:
    """Nobody enrolls in an unknown course, and nobody becomes a student by trying."""
    school = School()
    with pytest.raises(CourseNotFound):
        school.enroll(course_id="course-9")
    assert not school.store.students


def test_fault_52_a_free_course_is_not_taken_to_a_checkout() -> None:
    """A checkout asked for a free course is refused, and nobody is enrolled by it."""
    school = School()
    with pytest.raises(CourseIsFree):
        school.enroll(course_id="free-1", must_pay=True)
    assert school.enrollment(course_id="free-1") is None


def test_the_first_sight_makes_the_student() -> None:
    """Whoever enrolls is a student from then on, as their sign-in describes them; later claims change nothing."""
    school = School()
    school.enroll(course_id="free-1")
    student = school.store.students[SAM.user_id]
    assert (student.email, student.name, student.email_verified) == (SAM.email, SAM.name, True)
    school.wait(hours=1)
    school.enroll(course_id="course-1")
    assert school.store.students[SAM.user_id] == student


def test_whoever_is_enrolled_stays_so_when_the_course_closes() -> None:
    """An enrolled student is shown the enrollment, whatever became of the course, and nothing is written."""
    school = School()
    first = school.enrolled(course_id="free-1")
    school.store.courses.clear()
    school.unit_of_work = untouched = Failing(school.unit_of_work, times=99)
    assert school.enrolled(course_id="free-1") == Enrolled(first.enrollment, is_new=False)
    assert untouched.attempts == 0
