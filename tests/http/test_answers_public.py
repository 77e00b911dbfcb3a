"""Catalogue, the caller. That each answer fits the OpenAPI document is checked on the way (HttpSchool)."""

from __future__ import annotations

import pytest
from attrs import evolve

from adapters.http.api import create_app
from adapters.settings import Settings
from tests.support.factories import a_coupon, a_course
from tests.support.http.http_school import HttpSchool
from tests.support.wiring import SETTINGS


def test_health_says_that_the_code_runs_and_which(school: HttpSchool) -> None:
    """Nothing that it depends on is called."""
    assert school.get("/api/health", who=None).body == {"status": "ok", "version": "1.2.3", "commit": "4f61513"}


def test_the_configuration_is_all_that_a_browser_needs(school: HttpSchool) -> None:
    """The key to pay with, what the shop can do, and where to sign in."""
    answer = school.get("/api/config", who=None)
    assert answer.body == {
        "stripePublishableKey": "pk_stripe",
        "stripeJsUrl": "https://js.stripe.com/endive/stripe.js",
        "providers": [{"name": "stripe", "publishableKey": "pk_stripe"}],
        "currency": "usd",
        "timezone": "UTC",
        "features": {"coupons": True, "bookings": True},
        "auth": {
            "region": "us-east-1",
            "userPoolId": "us-east-1_AbCdEfGhI",
            "userPoolClientId": "client-1",
            "endpoint": "https://cognito-idp.us-east-1.amazonaws.com/",
        },
    }
    assert answer.headers["cache-control"] == "public, max-age=60"


def test_the_configuration_names_the_zone_of_the_schools_days(school: HttpSchool) -> None:
    """By it a page knows which day of the figures today is."""
    settings = evolve(SETTINGS, school_timezone="Pacific/Auckland")
    school.container.register(Settings, instance=settings)
    school.app = create_app(settings, school.container, environment={})
    assert school.get("/api/config", who=None).body["timezone"] == "Pacific/Auckland"


def test_a_course_shows_its_price_as_it_is_stored(school: HttpSchool) -> None:
    """149.99 stays 149.99 to the last digit; a course without a price has none, and absent values are left out."""
    shown = school.get("/api/courses/course-1", who=None)
    assert '"price":149.99,' in shown.text
    assert shown.body == {
        "courseId": "course-1",
        "name": "AWS Cloud Mastery",
        "description": "Clouds, from above.",
        "instructor": "Ada",
        "pricingModel": "paid",
        "price": 149.99,
        "currency": "usd",
        "imageUrl": "https://img.example/1.png",
        "learningObjectives": ["Know clouds"],
        "curriculum": [{"title": "Start", "lessons": [{"title": "First", "lessonId": "1-1", "minutes": 5}]}],
        "stripeProductId": "prod_1",
        "stripePriceId": "price_1",
    }
    free = school.get("/api/courses/free-1", who=None).body
    assert not free.keys() & {"price", "currency", "comingSoon", "stripePriceId"}


def test_courses_are_a_bare_array(school: HttpSchool) -> None:
    """All of them, in the order of their ids, those that are only announced among them."""
    school.store.courses["soon-1"] = a_course(course_id="soon-1", coming_soon=True)
    answer = school.get("/api/courses", who=None)
    assert [course["courseId"] for course in answer.body] == ["course-1", "free-1", "soon-1"]
    assert answer.body[-1]["comingSoon"] is True
    assert "x-next-cursor" not in answer.headers


def test_courses_come_in_pages_where_asked_for(school: HttpSchool) -> None:
    """X-Next-Cursor leads on and is absent on the last page."""
    first = school.get("/api/courses?limit=1", who=None)
    assert [course["courseId"] for course in first.body] == ["course-1"]
    second = school.get(f"/api/courses?limit=1&cursor={first.headers['x-next-cursor']}", who=None)
    assert [course["courseId"] for course in second.body] == ["free-1"]
    assert "x-next-cursor" not in second.headers


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=-1", "limit=1.5", "limit=", "limit=%C2%B2", "cursor=x"]
)
def test_a_page_that_cannot_be_is_refused(school: HttpSchool, query: str) -> None:
    """A limit is 1 to 100; a cursor is one that the catalogue gave."""
    answer = school.get(f"/api/courses?{query}", who=None)
    assert answer.status == 400
    assert ("limit must be a whole number" in answer.sentence) or ("cursor" in answer.sentence)


def test_of_a_query_given_twice_the_last_counts(school: HttpSchool) -> None:
    """As API Gateway itself has it."""
    assert len(school.get("/api/courses?limit=2&limit=1").body) == 1


def test_only_listed_coupons_are_shown_to_everybody(school: HttpSchool) -> None:
    """A private code must not leak."""
    school.store.coupons |= {"OPEN": a_coupon(code="OPEN", listed=True), "SECRET": a_coupon(code="SECRET")}
    answer = school.get("/api/payments/coupons/active", who=None)
    assert [coupon["code"] for coupon in answer.body] == ["OPEN"]


def test_the_state_of_a_checkout_names_no_person(school: HttpSchool) -> None:
    """Whoever knows Stripe's id learns whether it was paid, and nothing else."""
    session = school.start()
    path = "/api/payments/sessions/stripe/cs_000001"
    assert school.get(path, who=None).body == {"status": "open", "paymentStatus": "unpaid", "courseId": "course-1"}
    school.pay(session)
    assert school.get(path, who=None).body == {"status": "complete", "paymentStatus": "paid", "courseId": "course-1"}
    assert school.get("/api/payments/sessions/stripe/cs_000002", who=None).code == "payment_session_not_found"


def test_the_caller_is_known_from_the_first_call_on(school: HttpSchool) -> None:
    """The record is made from the claims; a new name is kept, and the claims no longer change it."""
    me = {
        "userId": "user-1",
        "email": "user-1@example.com",
        "name": "Sam",
        "emailVerified": True,
        "createdAt": "2026-01-15T12:00:00.250Z",
        "updatedAt": "2026-01-15T12:00:00.250Z",
    }
    assert school.get("/api/students/me").body == me
    assert school.patch("/api/students/me", {"name": "  Zoë 🎓 "}).body["name"] == "Zoë 🎓"
    assert school.get("/api/students/me").body["name"] == "Zoë 🎓"
