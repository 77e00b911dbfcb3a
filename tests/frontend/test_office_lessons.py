"""The lessons of a course as the school types them: lines of text that are read, checked and sent."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Logic, Visit
from tests.frontend.fake_school import FREE, PAID, Reply
from tests.frontend.office_school import in_office

pytestmark = pytest.mark.browser

_CHANGE = ("PATCH", "/api/admin/courses/PAID-1")
_STORED = [
    {"title": "Start", "moduleId": "m-1", "lessons": [{"lessonId": "L1", "title": "Accounts", "minutes": 12}]},
]
_LINES = """# Start
Accounts | 12 | L1
Régions & co. | 7,5

# More
The end"""
_WANTED = [
    {
        "title": "Start",
        "lessons": [
            {"title": "Accounts", "lessonId": "L1", "minutes": 12},
            {"title": "Régions & co.", "lessonId": "regions-co", "minutes": 7.5},
        ],
    },
    {"title": "More", "lessons": [{"title": "The end", "lessonId": "the-end"}]},
]


def test_lessons_are_written_as_lines(visit: Visit) -> None:
    """Those that are there stand in the field; new ones get an id; what was seen goes along, and how many there are."""
    visit.school.script("GET", "/api/courses/PAID-1", Reply(200, PAID | {"curriculum": _STORED}))
    visit.school.script(*_CHANGE, Reply(200, PAID | {"curriculum": _WANTED, "totalLessons": 3}))
    page = in_office(visit, "office.html?view=course&id=PAID-1")
    lines = page.get_by_test_id("lesson-lines")
    expect(lines).to_have_value("# Start\nAccounts | 12 | L1")
    lines.fill(_LINES)
    expect(page.get_by_test_id("lesson-sum")).to_have_text("3 lessons · 19.5 min")
    page.get_by_test_id("lessons-reason").fill("The second part is ready.")
    page.get_by_test_id("save-lessons").dblclick()
    expect(page.get_by_text("Saved. Students see these lessons from now on.").first).to_be_visible()
    expect(lines).to_have_value(
        "# Start\nAccounts | 12 | L1\nRégions & co. | 7.5 | regions-co\n\n# More\nThe end | | the-end"
    )
    seen = [{"title": "Start", "lessons": [{"title": "Accounts", "lessonId": "L1", "minutes": 12}]}]
    assert visit.school.bodies(*_CHANGE) == [
        {
            "curriculum": _WANTED,
            "totalLessons": 3,
            "before": {"curriculum": seen},
            "reason": "The second part is ready.",
        }
    ]


def test_a_line_that_says_nothing_useful_is_named(visit: Visit) -> None:
    """By its number; nothing is sent, and the field has the focus."""
    page = in_office(visit, "office.html?view=course&id=PAID-1")
    page.get_by_test_id("lesson-lines").fill("# Start\nAccounts | twelve")
    page.get_by_test_id("lessons-reason").fill("New.")
    page.get_by_test_id("save-lessons").click()
    expect(page.get_by_test_id("save-lessons-message")).to_contain_text("Line 2: minutes are a number")
    expect(page.get_by_test_id("lesson-lines")).to_be_focused()
    assert not visit.school.bodies(*_CHANGE)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", None),
        ("One", None),
        ("\n\n  # Part\n\nOne|5|a\n", None),
        ("| 5", {"kind": "title", "line": 1}),
        ("x" * 201, {"kind": "title", "line": 1}),
        ("One | -5", {"kind": "minutes", "line": 1}),
        ("One | 5 | a\nTwo | 5 | a", {"kind": "twice", "line": 2}),
        ("One | 5 | " + "a" * 65, {"kind": "id", "line": 1}),
        ("One | 5 | a | b", {"kind": "id", "line": 1}),
        ("One | five\nTwo | six", {"kind": "minutes", "line": 1}),
    ],
)
def test_what_can_be_wrong_with_a_line(logic: Logic, text: str, problem: dict[str, Any] | None) -> None:
    """The first that is wrong is named."""
    assert logic.call("lesson_lines.curriculumOfText", text)["problem"] == problem


def test_every_lesson_gets_an_id_of_its_own(logic: Logic) -> None:
    """Made of the title, never one that another lesson has."""
    found = logic.call("lesson_lines.curriculumOfText", "Äpfel | | apfel\nApfel\nApfel!\n漢字\n漢字")
    [part] = found["curriculum"]
    assert [lesson["lessonId"] for lesson in part["lessons"]] == ["apfel", "apfel-2", "apfel-3", "lesson", "lesson-2"]


@pytest.mark.parametrize("course", [FREE, PAID | {"curriculum": _STORED}, PAID])
def test_lines_say_what_they_were_made_of(logic: Logic, course: dict[str, Any]) -> None:
    """Whatever form a curriculum is stored in, its lines are read back as the same lessons."""
    modules = logic.call("courses.curriculumOf", course)
    found = logic.call("lesson_lines.curriculumOfText", logic.call("lesson_lines.textOfCurriculum", modules))
    assert found["problem"] is None
    assert logic.call("courses.curriculumOf", found) == modules
