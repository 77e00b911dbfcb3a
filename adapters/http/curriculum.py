"""One form for the curricula that editors have stored in several.

A section is ``{title, lessons}`` and a lesson ``{title, lessonId, minutes?}``. Stored ones may instead say
``moduleName`` and ``videos`` with ``videoId`` and ``lengthInMins``. Every stored property is passed on beside. A lesson
without an id of its own has one from its place, as in ``domain.lessons``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from domain.lessons import lesson_id_of, lessons_in

if TYPE_CHECKING:
    from adapters.http.response_bodies import CurriculumSection, Lesson


def sections(stored: Iterable[object]) -> list[CurriculumSection]:
    """The sections of a curriculum. A section that is only a text has that title; anything else is left out."""
    return [_section(section, number) for number, section in enumerate(_objects(stored))]


def _section(stored: Mapping[str, object], number: int) -> CurriculumSection:
    lessons = enumerate(_objects(lessons_in(stored)))
    more = {
        "title": _text(_first(stored, "title", "moduleName")),
        "lessons": [_lesson(lesson, lesson_id_of(lesson, number, place)) for place, lesson in lessons],
    }
    return cast("CurriculumSection", {**stored, **more})


def _lesson(stored: Mapping[str, object], lesson_id: str) -> Lesson:
    minutes = _first(stored, "minutes", "lengthInMins")
    body = {name: value for name, value in stored.items() if name != "minutes"}
    body |= {"title": _text(stored.get("title")), "lessonId": lesson_id}
    if type(minutes) in (int, Decimal):
        body["minutes"] = minutes
    return cast("Lesson", body)


def _objects(stored: Iterable[object]) -> Iterable[Mapping[str, object]]:
    for entry in stored:
        if isinstance(entry, Mapping):
            yield entry
        elif isinstance(entry, str):
            yield {"title": entry}


def _first(stored: Mapping[str, object], *names: str) -> object:
    return next((stored[name] for name in names if stored.get(name) is not None), None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
