"""Coupons. That each answer fits the OpenAPI document is checked on the way (HttpSchool)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.factories import NOW, a_coupon
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, KIM, SAM, HttpSchool

EVE = claims("user-3")


def test_a_coupons_worth_comes_from_the_courses_price(school: HttpSchool) -> None:
    """What a client calls the amount changes nothing."""
    school.store.coupons["SPRING"] = a_coupon()
    body = {"code": "spring", "courseId": "course-1", "amount": 1}
    expected = {"isValid": True, "discountAmount": 1_500, "finalAmount": 13_499, "currency": "usd"}
    assert school.post("/api/payments/coupons/validate", body).body == expected


def test_codes_that_do_not_apply_answer_in_one_shape(school: HttpSchool) -> None:
    """Unknown, impossible, switched off, for another course: nothing but the reason differs."""
    school.store.coupons |= {
        "OFF": a_coupon(code="OFF", active=False),
        "OTHER": a_coupon(code="OTHER", course_ids=frozenset({"course-2"})),
    }
    reasons = {
        "NOPE": "coupon_not_found",
        "sprıng\n": "coupon_not_found",
        "off": "coupon_inactive",
        "OTHER": "coupon_not_applicable",
    }
    for code, reason in reasons.items():
        answer = school.post("/api/payments/coupons/validate", {"code": code, "courseId": "course-1"})
        assert answer.body.pop("message") is not None
        shown = {name: value for name, value in answer.body.items() if name != "message"}
        unchanged = {"discountAmount": 0, "finalAmount": 14_999, "currency": "usd"}
        assert shown == {"isValid": False, "reason": reason, **unchanged}


def test_guessing_codes_is_slowed_down(school: HttpSchool) -> None:
    """The eleventh different code of a minute is 429 and says when to come again."""
    bodies = [{"code": f"NOPE-{number}", "courseId": "course-1"} for number in range(11)]
    statuses = [school.post("/api/payments/coupons/validate", body).status for body in bodies[:10]]
    assert statuses == [200] * 10
    refused = school.post("/api/payments/coupons/validate", bodies[10])
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "rate_limited", "60")


def test_an_administrator_issues_and_changes_coupons(school: HttpSchool) -> None:
    """Created, listed, read by small letters too, changed; a code is issued once."""
    options = {
        "code": "summer",
        "name": "Summer",
        "discountType": "percentage",
        "discountValue": 12.5,
        "maxUses": 5,
        "minimumAmount": 1000,
        "maximumDiscount": 2000,
        "validFrom": "2026-01-01T00:00:00+01:00",
        "validUntil": "2026-09-01T00:00:00Z",
        "applicableCourses": ["course-1"],
    }
    created = school.post("/api/admin/coupons", options, who=ADA)
    assert created.status == 201
    assert created.body == options | {
        "code": "SUMMER",
        "currency": "usd",
        "currentUses": 0,
        "isActive": True,
        "listed": False,
        "validFrom": "2025-12-31T23:00:00.000Z",
        "validUntil": "2026-09-01T00:00:00.000Z",
    }
    assert school.post("/api/admin/coupons", options, who=ADA).code == "coupon_exists"
    assert school.get("/api/admin/coupons", who=ADA).body == [created.body]
    assert school.get("/api/admin/coupons/summer", who=ADA).body == created.body
    changed = school.patch("/api/admin/coupons/SUMMER", {"isActive": False, "maxUses": 7}, who=ADA)
    assert changed.body == created.body | {"isActive": False, "maxUses": 7}


def test_a_coupon_that_is_not_there_is_404_for_an_administrator(school: HttpSchool) -> None:
    """422 is for a student's wrong code only."""
    for path in ("/api/admin/coupons/NOPE", "/api/admin/coupons/not a code"):
        assert school.get(path, who=ADA).status == 404
        assert school.patch(path, {"listed": True}, who=ADA).status == 404


def test_terms_change_field_by_field_and_null_removes(school: HttpSchool) -> None:
    """What is absent stays; an end that is removed is gone."""
    school.store.coupons["SPRING"] = a_coupon(valid_until=NOW, minimum_amount=100, description="x", listed=True)
    body = {
        "validUntil": None,
        "minimumAmount": None,
        "description": None,
        "name": None,
        "applicableCourses": ["free-1"],
    }
    changed = school.patch("/api/admin/coupons/SPRING", body, who=ADA).body
    assert not {"validUntil", "minimumAmount", "description"} & changed.keys()
    assert (changed["name"], changed["applicableCourses"], changed["listed"], changed["maxUses"]) == (
        "",
        ["free-1"],
        True,
        10,
    )
    assert (
        school.patch("/api/admin/coupons/SPRING", {"applicableCourses": None}, who=ADA).body["applicableCourses"] == []
    )
    assert "maxUses" not in school.patch("/api/admin/coupons/SPRING", {"maxUses": None}, who=ADA).body


@pytest.mark.parametrize(
    "body",
    [
        {"isActive": None},
        {"listed": None},
        {"applicableCourses": ["nope"]},
        {"applicableCourses": "course-1"},
        {"discountValue": 5},
        {"code": "OTHER"},
        {"maxUses": 0},
        {"validFrom": "2027-01-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"},
        {"reason": ""},
        {"before": {"isActive": "yes"}},
        {"before": []},
    ],
)
def test_terms_that_cannot_be_are_refused(school: HttpSchool, body: dict[str, Any]) -> None:
    """And nothing is changed or recorded."""
    school.store.coupons["SPRING"] = a_coupon()
    answer = school.patch("/api/admin/coupons/SPRING", body, who=ADA)
    assert (answer.status, answer.sentence.endswith(".")) == (400, True)
    assert school.store.coupons["SPRING"] == a_coupon()
    assert not school.store.audit


def test_of_two_administrators_the_second_is_refused(school: HttpSchool) -> None:
    """By what they saw."""
    school.store.coupons["SPRING"] = a_coupon()
    path = "/api/admin/coupons/SPRING"
    assert school.patch(path, {"isActive": False, "before": {"isActive": True}}, who=ADA).status == 200
    answer = school.patch(path, {"name": "x", "before": {"isActive": True}}, who=ADA)
    assert (answer.status, answer.code) == (409, "changed_meanwhile")


def test_the_public_list_shows_no_figures_and_comes_in_pages(school: HttpSchool) -> None:
    """How often a coupon was used is the school's business."""
    for number in range(3):
        school.store.coupons[f"C-{number}"] = a_coupon(code=f"C-{number}", listed=True, active=number != 1)
    path = "/api/payments/coupons/active"
    first = school.get(f"{path}?limit=1", who=None)
    assert [found["code"] for found in first.body] == ["C-0"]
    assert not {"currentUses", "maxUses"} & first.body[0].keys()
    rest = school.get(f"{path}?limit=1&cursor={first.headers['x-next-cursor']}", who=None)
    assert [found["code"] for found in rest.body] == ["C-2"]


def test_the_offices_list_comes_in_pages(school: HttpSchool) -> None:
    """With limits and uses."""
    for number in range(3):
        school.store.coupons[f"C-{number}"] = a_coupon(code=f"C-{number}")
    first = school.get("/api/admin/coupons?limit=2", who=ADA)
    rest = school.get(f"/api/admin/coupons?limit=2&cursor={first.headers['x-next-cursor']}", who=ADA)
    assert [found["code"] for answer in (first, rest) for found in answer.body] == ["C-0", "C-1", "C-2"]
    assert rest.body[0]["currentUses"] == 0


def test_what_a_client_claims_about_its_source_counts_for_nothing(school: HttpSchool) -> None:
    """On every route that sells: the link that was followed does, and the office sees it."""
    for path, who in (("/api/enrollments", SAM), ("/api/payments/sessions", KIM), ("/api/bookings/create", EVE)):
        body = {"courseId": "course-1", "source": "bundle", "referral": "partner-7"}
        assert school.post(path, body, who=who).status == 201
        assert school.post(path, body | {"referral": "a b"}, who=who).status == 400
    found = school.get("/api/admin/payments", who=ADA).body
    assert [(one["source"], one["referral"]) for one in found] == [("referral", "partner-7")] * 3
