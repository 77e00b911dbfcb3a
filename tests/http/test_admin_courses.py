"""Courses over HTTP: created, changed, priced, closed and announced; and what students see of it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import ProviderUnavailable
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, KIM, SAM, HttpSchool

COURSES = "/api/admin/courses"
ONE = f"{COURSES}/course-1"
NEW = {"courseId": "new-1", "name": "New", "pricingModel": "paid", "price": 9900, "reason": "The course of spring."}
WHY = {"reason": "Asked for."}


def test_a_course_is_created_announced_and_opened(school: HttpSchool) -> None:
    """It is coming soon until somebody says otherwise; then students buy it at its price."""
    created = school.post(COURSES, NEW, who=ADA)
    assert created.status == 201
    assert (created.body["comingSoon"], created.body["price"], created.body["currency"]) == (True, 99, "usd")
    assert school.get("/api/courses/new-1", who=None).body == created.body
    assert school.post("/api/enrollments", {"courseId": "new-1"}).code == "course_not_open"
    opened = school.patch(f"{COURSES}/new-1", {"comingSoon": False, **WHY}, who=ADA)
    assert opened.status == 200
    assert "comingSoon" not in opened.body
    assert school.post("/api/enrollments", {"courseId": "new-1"}).body["finalAmount"] == 9900
    assert school.post(COURSES, NEW, who=ADA).code == "course_exists"


def test_a_course_is_changed_field_by_field(school: HttpSchool) -> None:
    """Null removes, what is absent stays, and the office reads what everybody reads."""
    before = school.get(ONE, who=ADA).body
    body = {"name": "Better", "instructor": None, "learningObjectives": ["One"], "totalLessons": 7, **WHY}
    changed = school.patch(ONE, body, who=ADA).body
    assert changed == before | {"name": "Better", "instructor": "", "learningObjectives": ["One"], "totalLessons": 7}
    removed = school.patch(ONE, {"totalLessons": None, "learningObjectives": None, **WHY}, who=ADA).body
    assert "totalLessons" not in removed
    assert removed["learningObjectives"] == []
    assert school.get("/api/courses/course-1", who=None).body == school.get(ONE, who=ADA).body == removed


def test_of_two_administrators_the_second_is_refused(school: HttpSchool) -> None:
    """By what they saw, minutes ago."""
    seen = school.get(ONE, who=ADA).body["name"]
    school.patch(ONE, {"name": "Theirs", **WHY}, who=claims("admin-2", groups="admin"))
    answer = school.patch(ONE, {"name": "Mine", "before": {"name": seen}, **WHY}, who=ADA)
    assert (answer.status, answer.code) == (409, "changed_meanwhile")
    assert school.patch(ONE, {"name": "Mine", "before": {"name": "Theirs"}, **WHY}, who=ADA).status == 200


def test_a_new_price_is_sold_at_once(school: HttpSchool) -> None:
    """In minor units; the provider has a price of that amount."""
    answer = school.put(f"{ONE}/price", {"price": 12_900, "currency": "usd", **WHY}, who=ADA)
    assert (answer.status, answer.body["price"]) == (200, 129)
    assert school.prices.prices[answer.body["stripePriceId"]].amount == 12_900
    assert school.post("/api/enrollments", {"courseId": "course-1"}).body["amount"] == 12_900


def test_a_silent_provider_leaves_the_old_price(school: HttpSchool) -> None:
    """503, and the old price is sold."""

    def fail() -> None:
        raise ProviderUnavailable

    school.prices.before_answer = fail
    assert school.put(f"{ONE}/price", {"price": 12_900, "currency": "usd", **WHY}, who=ADA).status == 503
    assert school.post("/api/enrollments", {"courseId": "course-1"}).body["amount"] == 14_999


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"price": 0, "currency": "usd"}, 422),
        ({"price": 49, "currency": "usd"}, 422),
        ({"price": -1, "currency": "usd"}, 400),
        ({"price": 99.5, "currency": "usd"}, 400),
        ({"price": "99", "currency": "usd"}, 400),
        ({"price": 9900, "currency": "xyz"}, 400),
        ({"price": 9900}, 400),
        ({"currency": "usd"}, 400),
        ({"price": 9900, "currency": "usd", "reason": " "}, 400),
        ({"price": 9900, "currency": "usd", "reason": "x" * 501}, 400),
    ],
)
def test_a_price_that_cannot_be_is_refused(school: HttpSchool, body: dict[str, Any], status: int) -> None:
    """And nothing happens, here or at the provider."""
    answer = school.put(f"{ONE}/price", WHY | body, who=ADA)
    assert answer.status == status
    assert not school.prices.prices
    assert not school.store.audit


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": None},
        {"name": "x" * 201},
        {"pricingModel": "subscription"},
        {"comingSoon": None},
        {"comingSoon": "no"},
        {"totalLessons": "7"},
        {"learningObjectives": "One"},
        {"learningObjectives": [1]},
        {"price": 100},
        {"courseId": "other"},
        {"before": {"color": "red"}, "name": "x"},
    ],
)
def test_a_change_that_cannot_be_is_refused(school: HttpSchool, body: dict[str, Any]) -> None:
    """An empty body lacks a reason; all others are wrong in themselves."""
    answer = school.patch(ONE, body | (WHY if body else {}), who=ADA)
    assert (answer.status, answer.sentence.endswith(".")) == (400, True)
    assert not school.store.audit


def test_a_course_that_is_not_there_is_404(school: HttpSchool) -> None:
    """For every call about one."""
    for name in ("nope", "a%23b"):
        base = f"{COURSES}/{name}"
        answers = [
            school.get(base, who=ADA),
            school.patch(base, {"name": "x", **WHY}, who=ADA),
            school.put(f"{base}/price", {"price": 9900, "currency": "usd", **WHY}, who=ADA),
            school.put(f"{base}/sales", {"closed": True, **WHY}, who=ADA),
        ]
        assert {answer.code for answer in answers} == {"course_not_found"}


def test_courses_come_in_pages(school: HttpSchool) -> None:
    """X-Next-Cursor leads on and is absent on the last page."""
    first = school.get(f"{COURSES}?limit=1", who=ADA)
    rest = school.get(f"{COURSES}?limit=1&cursor={first.headers['x-next-cursor']}", who=ADA)
    assert [answer.body[0]["courseId"] for answer in (first, rest)] == ["course-1", "free-1"]
    assert "x-next-cursor" not in rest.headers


# -- sales ------------------------------------------------------------------------------------------------------------


def test_students_read_kindly_that_a_course_is_closed(school: HttpSchool) -> None:
    """409, with a sentence for a person; the catalogue says so too; others are sold; opened again, as before."""
    closed = school.put(f"{ONE}/sales", {"closed": True, **WHY}, who=ADA)
    assert closed.body["salesClosed"] is True
    assert school.get("/api/courses/course-1", who=None).body["salesClosed"] is True
    answer = school.post("/api/enrollments", {"courseId": "course-1"})
    assert (answer.status, answer.code) == (409, "sales_closed")
    assert (
        answer.sentence
        == "New enrollments are paused at the moment. Please come back later. You have not been charged."
    )
    assert school.post("/api/payments/sessions", {"courseId": "course-1"}).code == "sales_closed"
    assert school.post("/api/enrollments", {"courseId": "free-1"}).status == 201
    assert "salesClosed" not in school.put(f"{ONE}/sales", {"closed": False, **WHY}, who=ADA).body
    assert school.post("/api/enrollments", {"courseId": "course-1"}).status == 201


def test_the_whole_school_is_closed_at_once(school: HttpSchool) -> None:
    """Every course, free ones too; who is paying already finishes."""
    session = school.start()
    assert school.get("/api/admin/sales", who=ADA).body == {"closed": False}
    closed = school.put("/api/admin/sales", {"closed": True, **WHY}, who=ADA)
    expected = {"closed": True, "reason": "Asked for.", "by": "admin-1", "at": "2026-01-15T12:00:00.250Z"}
    assert closed.body == school.get("/api/admin/sales", who=ADA).body == expected
    for course in ("course-1", "free-1"):
        assert school.post("/api/enrollments", {"courseId": course}, who=KIM).code == "sales_closed"
        assert school.get(f"/api/courses/{course}", who=None).body["salesClosed"] is True
    assert all(one["salesClosed"] is True for one in school.get("/api/courses", who=None).body)
    assert "salesClosed" not in school.get(f"{ONE}", who=ADA).body, "the course itself is not closed"
    school.pay(session)
    assert school.get("/api/enrollments/check/course-1", who=SAM).body == {"enrolled": True}
    school.put("/api/admin/sales", {"closed": False, **WHY}, who=ADA)
    assert school.post("/api/enrollments", {"courseId": "free-1"}, who=KIM).status == 201
    assert "salesClosed" not in school.get("/api/courses/free-1", who=None).body
