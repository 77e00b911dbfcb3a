"""The catalogue of courses, in memory and in DynamoDB."""

from __future__ import annotations

import pytest

from domain.errors import CourseNotFound, InvalidValue
from domain.paging import every_page
from tests.support.aws.backends import Backend
from tests.support.factories import a_course, a_free_course


def _all_pages(storage: Backend, limit: int) -> list[list[str]]:
    pages = every_page(lambda cursor: storage.courses.page(limit=limit, cursor=cursor))
    return [[course.course_id for course in page.entries] for page in pages]


def test_a_course_is_read_as_it_was_kept(storage: Backend) -> None:
    """Everything the editors wrote comes back."""
    course = a_course(coming_soon=True, estimated_duration="3 h", total_lessons=12)
    storage.keep_course(course)
    assert storage.courses.get("course-1") == course


def test_a_free_course_has_no_price(storage: Backend) -> None:
    """No price stays no price."""
    storage.keep_course(a_free_course())
    assert storage.courses.get("free-1") == a_free_course()


@pytest.mark.parametrize("course_id", ["nowhere", "", "course-1#METADATA", "course-1\n", "x" * 65, "\u202ecourse"])
def test_fault_81_no_course_goes_by_an_unknown_or_impossible_id(storage: Backend, course_id: str) -> None:
    """Unknown ids and ids that could forge a key name no course."""
    storage.keep_course(a_course())
    with pytest.raises(CourseNotFound):
        storage.courses.get(course_id)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 100])
def test_pages_hold_every_course_once_in_the_order_of_ids(storage: Backend, limit: int) -> None:
    """However large a page, following the cursors shows each course once, in order."""
    ids = [f"c-{number}" for number in (5, 3, 1, 4, 2)]
    for course_id in ids:
        storage.keep_course(a_course(course_id=course_id))
    pages = _all_pages(storage, limit)
    assert [course_id for page in pages for course_id in page] == sorted(ids)
    assert all(len(page) <= limit for page in pages)


def test_an_empty_catalogue_is_one_empty_page(storage: Backend) -> None:
    """Without courses there is nothing and no cursor."""
    assert _all_pages(storage, 10) == [[]]


@pytest.mark.parametrize("cursor", ["", "%", "Yx", "Y291cnNlIzE", "a b", "é", "eyJQSyI6eyJTIjoiVVNFUiMxIn19", "#"])
def test_fault_80_a_cursor_of_somebody_elses_making_is_refused(storage: Backend, cursor: str) -> None:
    """A cursor that no page gave is an invalid value, not a page."""
    with pytest.raises(InvalidValue):
        storage.courses.page(limit=10, cursor=cursor)
