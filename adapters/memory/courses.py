"""The catalogue of courses, in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.courses import Course
from domain.errors import CourseNotFound, InvalidValue
from domain.identifiers import is_id
from domain.paging import Page
from domain.ports.courses import CourseRepo

_AFTER = "after:"


@frozen
class MemoryCourseRepo(CourseRepo):
    """Reads courses from the store."""

    store: Store

    def get(self, course_id: str) -> Course:
        """The course, or ``CourseNotFound``."""
        try:
            return self.store.courses[course_id]
        except KeyError:
            raise CourseNotFound from None

    def existing(self, course_ids: frozenset[str]) -> frozenset[str]:
        """Those of the ids that a course has."""
        with self.store.lock:
            return course_ids & self.store.courses.keys()

    def page(self, *, limit: int, cursor: str | None) -> Page[Course]:
        """Up to ``limit`` courses; the cursor names the last one given."""
        after = "" if cursor is None else _course_id_in(cursor)
        with self.store.lock:
            left = sorted(course_id for course_id in self.store.courses if course_id > after)
            courses = tuple(self.store.courses[course_id] for course_id in left[:limit])
        return Page(courses, _AFTER + courses[-1].course_id if len(left) > limit else None)


def _course_id_in(cursor: str) -> str:
    course_id = cursor.removeprefix(_AFTER)
    if not cursor.startswith(_AFTER) or not is_id(course_id):
        raise InvalidValue("The cursor is not valid.")
    return course_id
