"""One form for the curricula that editors have stored in several.

A section is ``{title, lessons}`` and a lesson ``{title, lessonId, minutes?}``. Stored ones may instead say
``moduleName`` and ``videos`` with ``videoId`` and ``lengthInMins``. Every stored property is passed on beside. A lesson
without an id of its own has one from its place, as in ``domain.lessons``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from domain.errors import InvalidValue
from domain.lessons import lesson_id_of, lessons_in

if TYPE_CHECKING:
    from adapters.http.request_bodies.courses import LessonTerms, SectionTerms
    from adapters.http.response_bodies import CurriculumSection, Lesson

_SAID = frozenset({"title", "moduleName", "lessons", "videos", "lessonId", "videoId", "minutes", "lengthInMins"})
"""What a request says of sections and lessons, under every name that editors have stored it by."""


def sections(stored: Iterable[object]) -> list[CurriculumSection]:
    """The sections of a curriculum. A section that is only a text has that title; anything else is left out."""
    return [_section(section, number) for number, section in enumerate(_objects(stored))]


def as_stored(wanted: Iterable[SectionTerms], stored: Iterable[object]) -> tuple[object, ...]:
    """A curriculum to keep in place of ``stored``.

    What editors keep beside a lesson stays with its id, and what they keep beside a section with its title. One that is
    the same as ``stored`` in all that a request can say stays exactly as it is.

    Raises:
        InvalidValue: two lessons have the same id.
    """
    stored, wanted = tuple(stored), tuple(wanted)
    if is_seen(wanted, stored):
        return stored
    known = sections(stored)
    lessons = {lesson["lessonId"]: _beside(lesson) for section in known for lesson in section["lessons"]}
    titled = {section["title"]: _beside(section) for section in known}
    ids = [lesson.lesson_id for section in wanted for lesson in section.lessons]
    if len(set(ids)) < len(ids):
        raise InvalidValue("Two lessons have the same lessonId.")
    return tuple(
        {
            **titled.get(section.title, {}),
            "title": section.title,
            "lessons": [{**lessons.get(lesson.lesson_id, {}), **_said(lesson)} for lesson in section.lessons],
        }
        for section in wanted
    )


def is_seen(seen: Iterable[SectionTerms], stored: Iterable[object]) -> bool:
    """Whether a stored curriculum is what somebody saw: by titles, ids and minutes."""
    known = [(section["title"], [_told(lesson) for lesson in section["lessons"]]) for section in sections(stored)]
    return known == [(section.title, [_told(_said(lesson)) for lesson in section.lessons]) for section in seen]


def _beside(stored: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in stored.items() if name not in _SAID}


def _said(lesson: LessonTerms) -> dict[str, object]:
    minutes = {} if lesson.minutes is None else {"minutes": _hundredths(lesson.minutes)}
    return {"title": lesson.title, "lessonId": lesson.lesson_id, **minutes}


def _hundredths(minutes: Decimal) -> Decimal:
    """The same to two digits after the point, and in no more digits than it needs: storage keeps few."""
    return Decimal(f"{minutes:.2f}".rstrip("0").rstrip("."))


def _told(lesson: Mapping[str, object]) -> tuple[object, ...]:
    return lesson["lessonId"], lesson["title"], lesson.get("minutes")


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
