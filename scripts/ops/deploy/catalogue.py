"""The stage's courses, for the pages that are published for each."""

from __future__ import annotations

from collections.abc import Iterator

from domain.paging import every_entry
from domain.ports.courses import CourseRepo
from scripts.ops.container import ops_container
from scripts.ops.stage import Stage
from scripts.stack.course_pages import CourseFacts

_PAGE = 100


def catalogue(stage: Stage) -> Iterator[CourseFacts]:
    """What previews show of every course in the stage's table.

    Raises:
        StorageUnavailable: the table does not answer.
    """
    repo: CourseRepo = ops_container(stage).resolve(CourseRepo)
    return map(CourseFacts.of, every_entry(lambda cursor: repo.page(limit=_PAGE, cursor=cursor)))
