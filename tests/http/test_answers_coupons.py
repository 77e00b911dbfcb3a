"""Coupons. That each answer fits the OpenAPI document is checked on the way (HttpSchool)."""

from __future__ import annotations

from tests.support.factories import a_coupon
from tests.support.http.http_school import ADA, HttpSchool


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
