"""Ids that may enter a key."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidValue
from domain.identifiers import is_id
from tests.support.factories import a_course, a_session, a_student, an_enrollment, paid

FORGED: list[Any] = [
    "",
    "a\n",
    "a\x00b",
    "a#b",
    "a/b",
    "a b",
    "\u202eabc",  # right-to-left mark
    "\uff11\uff12",  # wide digits
    "caf\u00e9",
    "\U0001f600",
    "x" * 65,
    "x" * 2_048,
    None,
    1,
    b"abc",
]


@pytest.mark.parametrize("text", FORGED)
def test_fault_81_what_could_forge_a_key_is_no_id(text: Any) -> None:
    """An id is 1 to 64 of A-Z, a-z, 0-9, dash and underscore, to its very end."""
    assert not is_id(text)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_every_plain_name_is_an_id(text: str) -> None:
    """All other names are ids."""
    assert is_id(text)


@given(st.text())
def test_fault_81_an_id_holds_only_what_keys_may_hold(text: str) -> None:
    """Whatever passes is ASCII, short and free of separators."""
    if is_id(text):
        assert text.isascii()
        assert 1 <= len(text) <= 64
        assert all(letter.isalnum() or letter in "_-" for letter in text)


@pytest.mark.parametrize("forged", ["a\n", "user#1", ""])
def test_fault_81_no_thing_is_built_on_a_forged_id(forged: str) -> None:
    """Courses, students, sessions, enrollments and events refuse an id that could forge a key."""
    for build in (
        lambda: a_course(course_id=forged),
        lambda: a_student(user_id=forged),
        lambda: a_session(user_id=forged),
        lambda: a_session(payment_session_id=forged),
        lambda: a_session(course_id=forged),
        lambda: an_enrollment(user_id=forged),
        lambda: an_enrollment(course_id=forged),
        lambda: paid(a_session(), user_id=forged),
        lambda: paid(a_session(), payment_session_id=forged),
    ):
        with pytest.raises(InvalidValue):
            build()
