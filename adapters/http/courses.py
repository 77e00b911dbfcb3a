"""Courses, for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.field_types import LARGEST_PAGE
from adapters.http.paging import page_limit
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import course_body
from domain.courses import Course
from domain.errors import CourseNotFound
from domain.identifiers import is_id
from domain.paging import every_entry
from domain.ports.courses import CourseRepo
from domain.ports.school import SchoolRepo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.http import response_bodies as bodies

_MOST_PAGES = 20
"""Where no page is asked for: a longer catalogue is cut off there."""


@frozen(kw_only=True)
class CourseViews:
    """GET /api/courses, GET /api/courses/{courseId}."""

    courses: CourseRepo
    school: SchoolRepo

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", "/api/courses", view=self.index, access=Access.PUBLIC)
        router.add("GET", "/api/courses/{courseId}", view=self.show, access=Access.PUBLIC)

    def index(self, call: Call) -> Reply[list[bodies.Course]]:
        """A bare array of courses: all of them, or one page where ``limit`` is given."""
        query = call.query
        if "limit" not in query and "cursor" not in query:
            return Reply(body=self._bodies(self._all()))
        page = self.courses.page(limit=page_limit(query.get("limit", str(LARGEST_PAGE))), cursor=query.get("cursor"))
        headers = {"X-Next-Cursor": page.cursor} if page.cursor else {}
        return Reply(body=self._bodies(page.entries), headers=headers)

    def show(self, call: Call) -> Reply[bodies.Course]:
        """One course."""
        [body] = self._bodies([self.courses.get(course_id(call.params["courseId"]))])
        return Reply(body=body)

    def _bodies(self, courses: Iterable[Course]) -> list[bodies.Course]:
        closed = self.school.get().sales_closed
        return [course_body(course, school_closed=closed) for course in courses]

    def _all(self) -> Iterator[Course]:
        return every_entry(lambda at: self.courses.page(limit=LARGEST_PAGE, cursor=at), at_most=_MOST_PAGES)


def course_id(text: str) -> str:
    """The text, which is a valid id.

    Raises:
        CourseNotFound: it is not, so that no course can have it.
    """
    if not is_id(text):
        raise CourseNotFound
    return text
