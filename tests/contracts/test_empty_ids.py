"""An empty id is nobody's: it must not become a prefix under which everything is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.errors import DomainError
from domain.transactions.payments import reserve
from domain.transactions.writes import AddCoupon, AddEnrollment
from tests.support.aws.backends import Backend
from tests.support.factories import a_coupon, a_course, a_session, a_session_with, a_student, an_enrollment

ASKING: dict[str, Callable[[Backend], object]] = {
    "a session": lambda storage: storage.sessions.find("user-1", ""),
    "a session of nobody": lambda storage: storage.sessions.find("", "ps_1"),
    "a session by the provider's id": lambda storage: storage.sessions.find_by_provider_session("stripe", ""),
    "an enrollment": lambda storage: storage.enrollments.find("user-1", ""),
    "an enrollment of nobody": lambda storage: storage.enrollments.find("", "free-1"),
    "a coupon": lambda storage: storage.coupons.find(""),
    "a student": lambda storage: storage.students.find(""),
}


@pytest.mark.parametrize("what", ASKING)
def test_fault_83_an_empty_id_finds_nothing(storage: Backend, what: str) -> None:
    """With one of each thing stored, an empty id finds none of them."""
    storage.keep_course(a_course())
    storage.students.add(a_student())
    storage.commit(AddCoupon(a_coupon()))
    storage.commit(*reserve(a_session_with(a_coupon()), a_coupon()))
    storage.commit(AddEnrollment(an_enrollment(course_id="free-1")))
    assert storage.sessions.find("user-1", a_session().payment_session_id) is not None
    assert ASKING[what](storage) is None


def test_fault_83_an_empty_id_is_no_course(storage: Backend) -> None:
    """Asking for the course of no name is refused, whatever the catalogue holds."""
    storage.keep_course(a_course())
    with pytest.raises(DomainError):
        storage.courses.get("")
