"""Lessons, as editors keep them in a course's curriculum in several forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from domain.courses import Course


@frozen
class Lesson:
    """One lesson of a course. ``lesson_id`` is unique in it; ``title`` may be empty."""

    lesson_id: str
    title: str


def lessons_of(course: Course) -> tuple[Lesson, ...]:
    """The lessons of a course in order. A curriculum without sections is one section of lessons."""
    sections = [(section, list(_entries(lessons_in(section)))) for section in _entries(course.curriculum)]
    if not any(lessons for _, lessons in sections):
        return tuple(_lesson(entry, 0, place) for place, (entry, _) in enumerate(sections))
    return tuple(
        _lesson(lesson, number, place)
        for number, (_, lessons) in enumerate(sections)
        for place, lesson in enumerate(lessons)
    )


def lessons_in(section: Mapping[str, object]) -> Iterable[object]:
    """What a stored section has as lessons: ``lessons``, or ``videos`` where it has none of that name."""
    stored = next((section[name] for name in ("lessons", "videos") if section.get(name) is not None), ())
    return stored if isinstance(stored, list | tuple) else ()


def lesson_id_of(stored: Mapping[str, object], section: int, place: int) -> str:
    """The id that editors gave the lesson (``lessonId``, ``videoId``), else one from its place: ``2-1`` is the first
    lesson of the second section.
    """
    given = next((stored[name] for name in ("lessonId", "videoId") if stored.get(name) is not None), None)
    return given if isinstance(given, str) and given else f"{section + 1}-{place + 1}"


def _lesson(stored: Mapping[str, object], section: int, place: int) -> Lesson:
    title = stored.get("title")
    return Lesson(lesson_id_of(stored, section, place), title if isinstance(title, str) else "")


def _entries(stored: Iterable[object]) -> Iterator[Mapping[str, object]]:
    for entry in stored:
        if isinstance(entry, Mapping):
            yield entry
        elif isinstance(entry, str):
            yield {"title": entry}
