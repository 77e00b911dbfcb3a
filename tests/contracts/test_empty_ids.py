"""An empty id is nobody's: it must not become a prefix under which everything is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.errors import DomainError
from domain.transactions import enroll_for_free, reserve
from domain.writes import AddCoupon
from tests.support.backends import Backend
from tests.support.things import a_coupon, a_course, a_session, a_session_with, a_student, an_enrollment

ASKING: dict[str, Callable[[Backend], object]] = {
    "a session": lambda books: books.sessions.find("user-1", ""),
    "a session of nobody": lambda books: books.sessions.find("", "ps_1"),
    "a session by the provider's id": lambda books: books.sessions.find_by_provider_session("stripe", ""),
    "an enrollment": lambda books: books.enrollments.find("user-1", ""),
    "an enrollment of nobody": lambda books: books.enrollments.find("", "free-1"),
    "a coupon": lambda books: books.coupons.find(""),
    "a student": lambda books: books.students.find(""),
}


@pytest.mark.parametrize("what", ASKING)
def test_fault_83_an_empty_id_finds_nothing(books: Backend, what: str) -> None:
    """With one of each thing stored, an empty id finds none of them."""
    books.keep_course(a_course())
    books.students.add(a_student())
    books.commit(AddCoupon(a_coupon()))
    books.commit(*reserve(a_session_with(a_coupon()), a_coupon()))
    books.commit(*enroll_for_free(an_enrollment(course_id="free-1")))
    assert books.sessions.find("user-1", a_session().payment_session_id) is not None
    assert ASKING[what](books) is None


def test_fault_83_an_empty_id_is_no_course(books: Backend) -> None:
    """Asking for the course of no name is refused, whatever the catalogue holds."""
    books.keep_course(a_course())
    with pytest.raises(DomainError):
        books.courses.get("")
