"""The stage's courses, for the pages that are published for each."""

from __future__ import annotations

from collections.abc import Iterator

from domain.ports.courses import CourseRepo
from scripts.ops.container import ops_container
from scripts.ops.stage import Stage
from scripts.stack.course_pages import CourseFacts

_PAGE = 100


def catalogue(stage: Stage) -> Iterator[CourseFacts]:
    """What previews tell of every course in the stage's table.

    Raises:
        StorageUnavailable: the table does not answer.
    """
    repo = ops_container(stage).resolve(CourseRepo)
    page = repo.page(limit=_PAGE, cursor=None)
    yield from map(CourseFacts.of, page.courses)
    while page.cursor is not None:
        page = repo.page(limit=_PAGE, cursor=page.cursor)
        yield from map(CourseFacts.of, page.courses)
