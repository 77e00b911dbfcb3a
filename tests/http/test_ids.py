"""Ids that a client sends are names and nothing else: what could forge a key or a path finds nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.factories import a_coupon, a_free_course
from tests.support.http.http_school import ADA, SAM, HttpSchool

NASTY = {
    "a hash": "free-1#METADATA",
    "only a hash": "#",
    "a newline": "free-1\n",
    "a carriage return": "free-1\r",
    "a NUL": "free-1\x00",
    "a blank": " free-1",
    "right to left": "\u202efree-1",
    "zero width": "free-1\u200b",
    "an emoji": "🎓",
    "full width": "ｆree-1",
    "percent-encoded": "free%2D1",
    "an encoded slash": "free-1%2FMETADATA",
    "a dot path": "..",
    "a wildcard": "*",
    "empty": "",
    "65 characters": "a" * 65,
    "2 KB": "a" * 2048,
    "an expression": "{courseId}",
    "markup": "<img src=x onerror=alert(1)>",
    "a quote": "';--",
}
GETTING = {
    "/api/courses/{}": "course_not_found",
    "/api/enrollments/{}": "course_not_found",
    "/api/enrollments/check/{}": "course_not_found",
    "/api/payments/enrollments/course/{}": "course_not_found",
    "/api/payments/sessions/{}": "payment_session_not_found",
    "/api/bookings/{}": "payment_session_not_found",
    "/api/payments/sessions/stripe/{}": "payment_session_not_found",
    "/api/checkout/session/{}": "payment_session_not_found",
}

nasty = pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())


@pytest.fixture
def school() -> HttpSchool:
    """Sam is in the free course and has a checkout open for the other."""
    made = HttpSchool()
    made.store.coupons["SPRING"] = a_coupon()
    made.post("/api/enrollments", {"courseId": "free-1"})
    made.start()
    return made


@nasty
@pytest.mark.parametrize(("path", "code"), GETTING.items())
def test_fault_81_an_id_in_a_path_that_cannot_be_one_is_404(
    school: HttpSchool, path: str, code: str, text: str
) -> None:
    """The same answer as for an id that nobody has, and without the id in it."""
    answer = school.get(path.format(text))
    assert (answer.status, answer.code) == (404, code)
    assert not text.strip() or text not in answer.text


@nasty
def test_fault_81_an_id_in_a_body_that_cannot_be_one_is_404(school: HttpSchool, text: str) -> None:
    """Enrolling, buying and asking for a coupon's worth take names only; nothing is written."""
    before = dict(school.store.sessions), dict(school.store.enrollments)
    for path in ("/api/enrollments", "/api/payments/sessions", "/api/payments/coupons/validate"):
        body: dict[str, Any] = {"courseId": text} | ({"code": "SPRING"} if "coupons" in path else {})
        answer = school.post(path, body)
        assert (answer.status, answer.code) == (404, "course_not_found")
        assert len(text) < 3 or text not in answer.text
    assert (dict(school.store.sessions), dict(school.store.enrollments)) == before


@nasty
def test_fault_81_a_write_by_an_id_that_cannot_be_one_is_404(school: HttpSchool, text: str) -> None:
    """Progress and cancelling likewise."""
    assert school.patch(f"/api/enrollments/{text}", {"progress": 1}).status == 404
    assert school.post(f"/api/payments/sessions/{text}/cancel").status == 404


@nasty
def test_fault_68_a_code_that_cannot_be_one_is_not_known(school: HttpSchool, text: str) -> None:
    """Letters that look alike are not folded; an administrator gets 404, a buyer the coupon's refusal."""
    looks_alike = [text, "ＳＰＲＩＮＧ", "sprıng", "SPRİNG", "SPRING\n", "\ufeffSPRING"]
    for code in looks_alike:
        if code.isascii() and code.isalnum() and len(code) <= 40:
            continue
        answer = school.post("/api/payments/coupons/validate", {"code": code, "courseId": "course-1"}, who=SAM)
        assert answer.body["reason"] == "coupon_not_found"
        assert school.get(f"/api/admin/coupons/{code}", who=ADA).status == 404


@nasty
def test_a_provider_that_cannot_be_is_404(school: HttpSchool, text: str) -> None:
    """A webhook of nobody's does nothing."""
    answer = school.post(f"/api/webhooks/{text}", raw=b"{}", headers={}, who=None)
    assert (answer.status, answer.code) == (404, "provider_not_found")


def test_ids_of_64_characters_are_names(school: HttpSchool) -> None:
    """Control: the longest id that can be one is looked up and found."""
    longest = "A-z_" * 16
    school.store.courses[longest] = a_free_course(course_id=longest)
    assert school.get(f"/api/courses/{longest}").body["courseId"] == longest
    assert school.post("/api/enrollments", {"courseId": longest}).status == 201
