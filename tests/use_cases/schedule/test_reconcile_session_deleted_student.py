"""A look at a session whose student was deleted: nothing is opened for nobody, and no payment is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from domain.services.reconcile_session import LAST_OPENING, ReconcileOutcome
from tests.support.memory.misbehaving import Counting
from tests.support.memory.reconcile_cases import (
    ONE,
    assert_nothing_is_held,
    begun,
    found,
)
from tests.support.memory.school import School


@pytest.mark.parametrize("how_long", [LAST_OPENING, timedelta(hours=30)])
def test_fault_58_a_request_of_a_deleted_student_is_not_repeated(how_long: timedelta) -> None:
    """Nobody is left to open a checkout for; what was never opened is released."""
    school = begun(School(), reaches_the_provider=False, who_waits=how_long)
    school.store.students.clear()
    asking = Counting(school.provider)
    school.gateway = asking
    assert found(school) is ReconcileOutcome.RELEASED
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
    assert found(school) is ReconcileOutcome.STILL_OPEN
    assert asking.asked == ["find_checkout"]
    assert (school.lock(), school.uses_counted()) == (ONE, 1)


def test_fault_58_a_payment_of_a_deleted_student_is_found_and_reviewed() -> None:
    """The money came though nobody is there to enroll: a person decides, and no student is made up."""
    school = begun(School(), reaches_the_provider=True)
    school.provider.pay(ONE)
    school.store.students.clear()
    assert found(school) is ReconcileOutcome.SETTLED
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.STUDENT_DELETED)
    assert not school.store.students
    assert not school.store.enrollments


def test_an_open_checkout_of_a_deleted_student_is_attached() -> None:
    """While it can be paid it is kept in view."""
    school = begun(School(), reaches_the_provider=True)
    school.store.students.clear()
    assert found(school) is ReconcileOutcome.STILL_OPEN
    assert school.session(ONE).status is Status.OPEN
