"""Courses with a capacity over HTTP."""

from __future__ import annotations

import pytest

from tests.support.http.http_school import ADA, KIM, SAM, HttpSchool

LINE = "/api/courses/free-1/waitlist"
CAPACITY = "/api/admin/courses/free-1/capacity"
FREE = {"courseId": "free-1"}


@pytest.fixture
def full(school: HttpSchool) -> HttpSchool:
    """One seat, which Sam has."""
    assert school.put(CAPACITY, {"capacity": 1, "reason": "A small room."}, who=ADA).body["seatsLeft"] == 1
    assert school.post("/api/enrollments", FREE).status == 201
    return school


def test_a_full_course_says_so_and_has_a_line(full: HttpSchool) -> None:
    """The catalogue has the number of seats left; enrolling is 409 with what to do next."""
    course = full.get("/api/courses/free-1", who=None).body
    assert (course["capacity"], course["seatsLeft"]) == (1, 0)
    refused = full.post("/api/enrollments", FREE, who=KIM)
    assert (refused.status, refused.code) == (409, "course_full")
    assert "waiting list" in refused.sentence

    assert full.get(LINE, who=KIM).body == {"courseId": "free-1", "state": "none"}
    first, again = full.post(LINE, who=KIM), full.post(LINE, who=KIM)
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    assert first.body == {"courseId": "free-1", "state": "waiting", "position": 1}
    assert full.post(LINE, who=SAM).code == "already_enrolled"


def test_who_waits_gets_the_seat_that_comes(full: HttpSchool) -> None:
    """By a larger capacity; the office sees for whom it is held."""
    full.post(LINE, who=KIM)
    full.put(CAPACITY, {"capacity": 2, "reason": "A larger room."}, who=ADA)
    held = full.get(LINE, who=KIM).body
    assert (held["state"], held["heldUntil"]) == ("held", "2026-01-17T12:00:00.250Z")
    [claim] = full.get("/api/admin/courses/free-1/waitlist", who=ADA).body
    assert (claim["userId"], claim["state"]) == ("user-2", "held")
    assert full.post("/api/enrollments", FREE, who=KIM).body["status"] == "active"
    assert full.get("/api/admin/courses/free-1/waitlist", who=ADA).body == []


def test_the_office_reads_the_line_page_by_page(full: HttpSchool) -> None:
    """A held seat first, then the line; the header leads on, the last page has none."""
    line = "/api/admin/courses/free-1/waitlist"
    full.post(LINE, who=KIM)
    full.put(CAPACITY, {"capacity": 2, "reason": "A larger room."}, who=ADA)
    full.post(LINE, who=ADA)
    first = full.get(f"{line}?limit=1", who=ADA)
    second = full.get(f"{line}?limit=1&cursor={first.headers['x-next-cursor']}", who=ADA)
    assert [one["state"] for one in first.body + second.body] == ["held", "waiting"]
    assert "x-next-cursor" not in second.headers


def test_leaving_is_safe_to_repeat(full: HttpSchool) -> None:
    """In the line or not."""
    full.post(LINE, who=KIM)
    for _ in range(2):
        gone = full.call("DELETE", LINE, who=KIM)
        assert (gone.status, gone.body["state"]) == (200, "none")
    assert full.store.courses["free-1"].waiting == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"capacity": 0, "reason": "None."}, 400, "invalid_value"),
        ({"capacity": 100_001, "reason": "All."}, 400, "invalid_value"),
        ({"capacity": "5", "reason": "Text."}, 400, "invalid_request"),
        ({"reason": "Nothing."}, 400, "invalid_request"),
        ({"capacity": 5}, 400, "invalid_request"),
    ],
)
def test_what_is_no_capacity_is_refused(full: HttpSchool, body: dict[str, object], status: int, code: str) -> None:
    """And changes nothing."""
    answer = full.put(CAPACITY, body, who=ADA)
    assert (answer.status, answer.code) == (status, code)
    assert full.store.courses["free-1"].capacity == 1


def test_a_capacity_below_what_is_taken_names_the_least(full: HttpSchool) -> None:
    """Two students in a room for one is not possible, nor a line for a course without an end."""
    full.put(CAPACITY, {"capacity": 2, "reason": "Two."}, who=ADA)
    full.post("/api/enrollments", FREE, who=KIM)
    refused = full.put(CAPACITY, {"capacity": 1, "reason": "One."}, who=ADA)
    assert (refused.status, refused.code) == (409, "capacity_too_low")
    assert "2 or more" in refused.sentence
    assert "capacity" not in full.put(CAPACITY, {"capacity": None, "reason": "A hall."}, who=ADA).body
    assert full.post(LINE, who=ADA).code == "seats_free"


def test_a_line_needs_a_course(school: HttpSchool) -> None:
    """404 for what is not there."""
    for method in ("GET", "POST", "DELETE"):
        assert school.call(method, "/api/courses/none/waitlist").status == 404
