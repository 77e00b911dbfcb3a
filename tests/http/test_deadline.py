"""A request's time is bounded by what is left to the function, and by what API Gateway waits."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define, field

from adapters import deadline
from adapters.http.boundary import GATEWAY_TIMEOUT
from domain.courses import Course
from domain.paging import Page
from domain.ports.courses import CourseRepo
from tests.support.factories import a_course
from tests.support.http.api_gateway_events import proxy_event
from tests.support.http.http_school import HttpSchool


@define
class Remembering(CourseRepo):
    """A catalogue that remembers how much time the request had left."""

    left: list[float] = field(factory=list)

    def get(self, course_id: str) -> Course:
        """The course, and the time."""
        self.left.append(deadline.remaining())
        return a_course(course_id=course_id)

    def existing(self, course_ids: frozenset[str]) -> frozenset[str]:
        """All of them."""
        return course_ids

    def page(self, *, limit: int, cursor: str | None) -> Page[Course]:
        """Nothing."""
        return Page((), None)


class Context:
    """What Lambda hands to a function."""

    function_name = "api"
    memory_limit_in_mb = 128

    def __init__(self, milliseconds: int) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        """What is left."""
        return self.milliseconds


@pytest.mark.parametrize(
    ("context", "at_most"), [(Context(5_000), 5.0), (Context(900_000), GATEWAY_TIMEOUT), (None, GATEWAY_TIMEOUT)]
)
def test_fault_47_a_request_knows_how_much_time_is_left(context: Any, at_most: float) -> None:
    """Whichever is less: what Lambda leaves, or what API Gateway waits."""
    courses = Remembering()
    school = HttpSchool(courses=courses)
    event = proxy_event("GET", "/api/courses/{courseId}", path_params={"courseId": "course-1"})
    assert school.app(event, context)["statusCode"] == 200
    (left,) = courses.left
    assert at_most - 5 < left <= at_most
    assert deadline.remaining() == float("inf")
