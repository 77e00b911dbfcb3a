"""The catalogue of courses."""

from __future__ import annotations

from typing import Protocol

from domain.courses import Course
from domain.paging import Page


class CourseRepo(Protocol):
    """Reads courses. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def get(self, course_id: str) -> Course:
        """The course.

        Raises:
            CourseNotFound: there is none by this id.
            RecordUnreadable: there is one, but its editors left something in it that no course may have.
        """
        ...

    def existing(self, course_ids: frozenset[str]) -> frozenset[str]:
        """Those of the ids that a course has."""
        ...

    def page(self, *, limit: int, cursor: str | None) -> Page[Course]:
        """Up to ``limit`` courses in the order of their ids, from ``cursor`` on. May lag behind the last write.

        A course that cannot be read is left out and reported to operations; it does not spoil the page.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...
