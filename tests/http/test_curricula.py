"""Curricula that editors stored in several forms are shown in one."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.factories import a_course
from tests.support.http.http_school import HttpSchool

SEEDED = Path(__file__).parents[2] / "scripts" / "stack" / "courses.json"


def _first(title: str) -> dict[str, object]:
    """The first lesson of all, without an id of its own."""
    return {"title": title, "lessonId": "1-1"}


def shown(school: HttpSchool, *stored: object) -> Any:
    """The curriculum of a course with these stored sections, as the API shows it."""
    school.store.courses["course-1"] = a_course(curriculum=stored)
    return school.get("/api/courses/course-1", who=None).body["curriculum"]


def test_sections_of_lessons_are_shown_as_they_are(school: HttpSchool) -> None:
    """The form that the document describes."""
    section = {"title": "Start", "lessons": [{"title": "First", "lessonId": "L1", "minutes": 5}]}
    assert shown(school, section) == [section]


def test_modules_of_videos_are_sections_of_lessons(school: HttpSchool) -> None:
    """Both names are there, so that front ends of either kind can read it."""
    video = {"videoId": "M1-V1", "title": "What happens", "lengthInMins": 12}
    assert shown(school, {"moduleId": "M1", "moduleName": "How it works", "videos": [video]}) == [
        {
            "title": "How it works",
            "lessons": [{**video, "lessonId": "M1-V1", "minutes": 12}],
            "moduleId": "M1",
            "moduleName": "How it works",
            "videos": [video],
        }
    ]


def test_what_else_was_stored_is_passed_on(school: HttpSchool) -> None:
    """Editors' own properties, nested ones and nulls among them."""
    lesson = {"title": "First", "quiz": {"passed": None}}
    section = {"title": "Start", "lessons": [lesson], "icon": "rocket"}
    assert shown(school, section) == [{**section, "lessons": [{**lesson, "lessonId": "1-1"}]}]


def test_every_lesson_has_an_id(school: HttpSchool) -> None:
    """The editors' own, else its place: by that a lesson is opened and ticked off."""
    sections = [{"title": "A", "lessons": ["One"]}, {"title": "B", "videos": [{"videoId": "V9"}, {"title": "Two"}]}]
    found = shown(school, *sections)
    assert [[lesson["lessonId"] for lesson in section["lessons"]] for section in found] == [["1-1"], ["V9", "2-2"]]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("Start", [{"title": "Start", "lessons": []}]),
        ({}, [{"title": "", "lessons": []}]),
        ({"title": 1, "lessons": "none"}, [{"title": "", "lessons": []}]),
        ({"title": None, "moduleName": "M"}, [{"title": "M", "moduleName": "M", "lessons": []}]),
        ({"title": "S", "lessons": ["First", 2, None]}, [{"title": "S", "lessons": [_first("First")]}]),
        (
            {"title": "S", "lessons": [{"lessonId": 7, "minutes": "5"}]},
            [{"title": "S", "lessons": [_first("")]}],
        ),
        (
            {"title": "S", "lessons": [{"title": "L", "minutes": Decimal("1.50")}]},
            [{"title": "S", "lessons": [{**_first("L"), "minutes": 1.5}]}],
        ),
        (Decimal("1.50"), []),
        (None, []),
        (["Start"], []),
    ],
)
def test_whatever_was_stored_fits_the_document(school: HttpSchool, stored: object, expected: object) -> None:
    """A client that reads `section.lessons` and `lesson.title` never meets anything else."""
    assert shown(school, stored) == expected


def test_the_seeded_courses_fit_the_document(school: HttpSchool) -> None:
    """Each has sections with a title and lessons."""
    courses = [course for course in json.loads(SEEDED.read_text("utf-8")) if course.get("curriculum")]
    assert courses
    for course in courses:
        sections = shown(school, *course["curriculum"])
        assert isinstance(sections, list)
        assert all(section["title"] and section["lessons"] for section in sections)
        assert all(lesson["title"] and lesson["minutes"] for section in sections for lesson in section["lessons"])
