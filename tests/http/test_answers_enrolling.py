"""Enrolling and getting on. That each answer fits the OpenAPI document is checked on the way (HttpSchool)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.factories import a_coupon
from tests.support.http.http_school import KIM, HttpSchool
from tests.support.http.responses import ENROLLING, FREE, PENDING


@pytest.mark.parametrize("path", ENROLLING)
def test_a_free_course_enrolls_at_once(school: HttpSchool, path: str) -> None:
    """201 the first time, 200 and the same enrollment from then on."""
    first = school.post(path, {"courseId": "free-1"})
    assert (first.status, first.body) == (201, {"enrollment": FREE, "status": "active"})
    again = school.post(path, {"courseId": "free-1"})
    assert (again.status, again.body) == (200, first.body)


@pytest.mark.parametrize("path", ENROLLING)
def test_a_paid_course_opens_a_checkout(school: HttpSchool, path: str) -> None:
    """201 and the client secret; the second call gives the same checkout with 200."""
    first = school.post(path, {"courseId": "course-1", "couponCode": None, "source": "referral"})
    assert (first.status, first.body) == (201, PENDING)
    again = school.post(path, {"courseId": "course-1"})
    assert (again.status, again.body) == (200, PENDING)


def test_a_front_end_without_a_checkout_page_gets_the_providers(school: HttpSchool) -> None:
    """A hosted checkout comes with an address and no secret, on the website's own pages for what follows."""
    answer = school.post("/api/enrollments", {"courseId": "course-1", "uiMode": "hosted"})
    assert answer.status == 201
    assert answer.body["redirectUrl"].startswith("https://")
    assert "clientSecret" not in answer.body
    assert school.store.sessions["user-1", "ps_000001"].ui_mode == "hosted"


def test_an_enrollment_shows_what_was_paid(school: HttpSchool) -> None:
    """Amounts in minor units, the provider's ids, the coupon; the newest first in the list."""
    school.store.coupons["SPRING"] = a_coupon()
    school.post("/api/enrollments", {"courseId": "free-1"})
    school.clock.advance(timedelta(minutes=1))
    school.pay(school.start(couponCode="spring"))
    bought = school.get("/api/enrollments/course-1").body
    assert bought == FREE | {
        "courseId": "course-1",
        "enrollmentType": "paid",
        "paymentStatus": "completed",
        "enrolledAt": bought["enrolledAt"],
        "paymentSessionId": "ps_000001",
        "stripeSessionId": "cs_000001",
        "stripePaymentIntentId": "pi_000001",
        "amount": 13_499,
        "currency": "usd",
        "discountAmount": 1_500,
        "couponCode": "SPRING",
    }
    assert school.get("/api/payments/enrollments/course/course-1").body == bought
    for path in ENROLLING:
        assert school.get(path).body == [bought, FREE]
    assert school.get("/api/enrollments", who=KIM).body == []


def test_whether_the_caller_is_in_a_course(school: HttpSchool) -> None:
    """True or false, also for a course that does not exist."""
    school.post("/api/enrollments", {"courseId": "free-1"})
    assert school.get("/api/enrollments/check/free-1").body == {"enrolled": True}
    assert school.get("/api/enrollments/check/course-1").body == {"enrolled": False}
    assert school.get("/api/enrollments/check/free-1", who=KIM).body == {"enrolled": False}


def test_progress_is_kept_and_never_falls(school: HttpSchool) -> None:
    """100 completes the course; a lower number later changes nothing; time adds up."""
    school.post("/api/enrollments", {"courseId": "free-1"})
    step = {
        "progress": 100,
        "currentLectureId": "last",
        "completedLectures": 9,
        "completedLectureIds": ["first", "last"],
        "timeSpentSeconds": 60,
    }
    done = school.patch("/api/enrollments/free-1", step).body
    assert done["completed"] is True
    assert done["completedAt"] == "2026-01-15T12:00:00.250Z"
    later = school.patch("/api/enrollments/free-1", {"progress": 5, "timeSpentSeconds": 1}).body
    assert (later["progress"], later["totalTimeSpent"], later["currentLectureId"]) == (100, 61, "last")
