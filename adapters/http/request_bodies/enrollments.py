"""What requests about an enrollment say."""

from __future__ import annotations

from typing import Annotated

from attrs import field, frozen

from adapters.http.field_types import Keywords, LectureId, TextLength
from domain.enrollments import MOST_LECTURES

Percent = Annotated[int, Keywords(minimum=0, maximum=100)]
Lectures = Annotated[int, Keywords(minimum=0, maximum=100_000)]
SecondsOfADay = Annotated[int, Keywords(minimum=0, maximum=86_400)]
LectureIds = Annotated[list[LectureId], Keywords(maxItems=MOST_LECTURES)]


@frozen(kw_only=True)
class ProgressRequest:
    """Record progress in a course."""

    progress: Percent | None = None
    current_lecture_id: str | None = field(default=None, alias="currentLectureId", validator=TextLength(0, 200))
    completed_lectures: Lectures | None = field(default=None, alias="completedLectures")
    completed_lecture_ids: LectureIds = field(factory=list, alias="completedLectureIds")
    time_spent_seconds: SecondsOfADay | None = field(default=None, alias="timeSpentSeconds")


@frozen(kw_only=True)
class RevokeRequest:
    """End an enrollment. ``bar`` keeps the student from enrolling in the course again."""

    reason: str = field(validator=TextLength(1, 500))
    bar: bool = False
