"""The lessons of a course over HTTP: written as sections, with what editors keep beside them, and never blindly."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from tests.support.http.http_school import ADA, HttpSchool

ONE = "/api/admin/courses/course-1"
WHY = {"reason": "The second part is ready."}
ACCOUNTS = {"lessonId": "L1", "title": "Accounts", "minutes": 12}
START = {"title": "Start", "lessons": [ACCOUNTS]}
MORE = {"title": "More", "lessons": [{"lessonId": "L2", "title": "The end"}]}


def keep(school: HttpSchool, *stored: object) -> None:
    """Let the course's curriculum be stored like this."""
    school.store.courses["course-1"] = evolve(school.store.courses["course-1"], curriculum=stored)


def curriculum(school: HttpSchool) -> Any:
    """What everybody reads."""
    return school.get("/api/courses/course-1", who=None).body["curriculum"]


def test_lessons_are_written_and_read(school: HttpSchool) -> None:
    """In order; repeating it changes nothing more; null removes them."""
    for _ in range(2):
        changed = school.patch(ONE, {"curriculum": [START, MORE], **WHY}, who=ADA)
        assert (changed.status, changed.body["curriculum"]) == (200, [START, MORE])
    assert curriculum(school) == [START, MORE]
    assert len(school.store.audit) == 1
    assert school.patch(ONE, {"curriculum": None, **WHY}, who=ADA).body["curriculum"] == []


def test_a_course_is_created_with_its_lessons(school: HttpSchool) -> None:
    """With one call."""
    new = {"courseId": "new-1", "name": "New", "pricingModel": "free", "curriculum": [START], **WHY}
    assert school.post("/api/admin/courses", new, who=ADA).body["curriculum"] == [START]


def test_what_editors_keep_beside_a_lesson_stays(school: HttpSchool) -> None:
    """By the lesson's id and the section's title, whatever names they were stored by."""
    video = {"videoId": "L1", "title": "Accounts", "lengthInMins": 12, "videoKey": "films/1.mp4"}
    keep(school, {"moduleName": "Start", "moduleId": "m-1", "videos": [video]})
    moved = [MORE, START | {"lessons": [ACCOUNTS | {"title": "Accounts and regions"}]}]
    school.patch(ONE, {"curriculum": moved, **WHY}, who=ADA)
    assert curriculum(school) == [
        MORE,
        {
            "title": "Start",
            "moduleId": "m-1",
            "lessons": [{"lessonId": "L1", "title": "Accounts and regions", "minutes": 12, "videoKey": "films/1.mp4"}],
        },
    ]


def test_what_is_the_same_stays_as_it_is_stored(school: HttpSchool) -> None:
    """Nothing is written, and nothing recorded."""
    keep(school, {"moduleName": "Start", "videos": [{"videoId": "L1", "title": "Accounts", "lengthInMins": 12}]})
    assert school.patch(ONE, {"curriculum": [START], **WHY}, who=ADA).status == 200
    assert not school.store.audit


def test_of_two_editors_the_second_is_told(school: HttpSchool) -> None:
    """By what they saw; an answer that was lost may be asked for again."""
    body = {"curriculum": [START, MORE], "before": {"curriculum": [START]}, **WHY}
    assert school.patch(ONE, body, who=ADA).code == "changed_meanwhile"
    school.patch(ONE, {"curriculum": [START], **WHY}, who=ADA)
    assert [school.patch(ONE, body, who=ADA).status for _ in range(2)] == [200, 200]
    late = {"curriculum": [START], "before": {"curriculum": [START]}, **WHY}
    assert school.patch(ONE, late, who=ADA).code == "changed_meanwhile"
    assert curriculum(school) == [START, MORE]


@pytest.mark.parametrize(
    ("minutes", "kept"), [(100, 100), (0, 0), (7.5, 7.5), (12.345678901234567, 12.35), (1e-300, 0)]
)
def test_minutes_are_kept_to_the_hundredth(school: HttpSchool, minutes: float, kept: float) -> None:
    """Storage takes no number of many digits; repeating it changes nothing more."""
    wanted = [START | {"lessons": [ACCOUNTS | {"minutes": minutes}]}]
    for _ in range(2):
        assert school.patch(ONE, {"curriculum": wanted, **WHY}, who=ADA).status == 200
    assert curriculum(school)[0]["lessons"][0]["minutes"] == kept
    assert len(school.store.audit) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "Start",
        {},
        ["Start"],
        [{"title": "Start"}],
        [{"title": "Start", "lessons": "none"}],
        [{"title": "Start", "lessons": ["Accounts"]}],
        [{"title": "Start", "lessons": [{"title": "Accounts"}]}],
        [{"title": "Start", "lessons": [{"lessonId": "", "title": "Accounts"}]}],
        [{"title": "Start", "lessons": [{"lessonId": "x" * 65, "title": "Accounts"}]}],
        [{"title": "Start", "lessons": [{"lessonId": "L1", "title": "x" * 201}]}],
        [{"title": "Start", "lessons": [{"lessonId": "L1", "title": "Accounts", "minutes": -1}]}],
        [{"title": "Start", "lessons": [{"lessonId": "L1", "title": "Accounts", "minutes": "12"}]}],
        [{"title": "Start", "lessons": [{"lessonId": "L1", "title": "Accounts", "minutes": 100_001}]}],
        [{"title": "Start", "lessons": [{"lessonId": "L1", "title": "Accounts", "minutes": 1e300}]}],
        [{"title": "Start", "lessons": [{"lessonId": "L1", "title": "Accounts", "url": "x"}]}],
        [START, START | {"title": "Again"}],
        [{"title": "Start", "lessons": []}] * 1001,
    ],
)
def test_what_is_no_curriculum_is_refused(school: HttpSchool, wrong: object) -> None:
    """With a sentence, and nothing is changed."""
    answer = school.patch(ONE, {"curriculum": wrong, **WHY}, who=ADA)
    assert (answer.status, answer.sentence.endswith(".")) == (400, True)
    assert not school.store.audit
