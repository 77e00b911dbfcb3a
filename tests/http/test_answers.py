"""Every route answers in its shape. That each answer fits the OpenAPI document is checked on the way (HttpSchool)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import ProviderUnavailable
from domain.payments import PaymentSession, Status
from tests.support.http_school import ADA, KIM, HttpSchool
from tests.support.misbehaving import Refusing, Unreachable
from tests.support.things import a_coupon, a_course, a_session

PENDING = {
    "status": "pending",
    "provider": "stripe",
    "clientSecret": "cs_000001_secret",
    "paymentSessionId": "ps_000001",
    "amount": 14_999,
    "discountAmount": 0,
    "finalAmount": 14_999,
    "currency": "usd",
    "expiresAt": "2026-01-15T12:40:00.250Z",
}
FREE = {
    "userId": "user-1",
    "courseId": "free-1",
    "enrollmentType": "free",
    "enrolledAt": "2026-01-15T12:00:00.250Z",
    "paymentStatus": "free",
    "source": "direct",
    "progress": 0,
    "completed": False,
}
SESSION = {
    "id": "ps_000001",
    "courseId": "course-1",
    "courseName": "AWS Cloud Mastery",
    "userId": "user-1",
    "provider": "stripe",
    "status": "pending",
    "paymentStatus": "unpaid",
    "amount": 14_999,
    "discountAmount": 0,
    "finalAmount": 14_999,
    "currency": "usd",
    "uiMode": "embedded",
    "stripeSessionId": "cs_000001",
    "createdAt": "2026-01-15T12:00:00.250Z",
    "updatedAt": "2026-01-15T12:00:00.250Z",
    "expiresAt": "2026-01-15T12:40:00.250Z",
}
ENROLLING = ("/api/enrollments", "/api/payments/enrollments")
BUYING = ("/api/payments/sessions", "/api/bookings/create")
HISTORY = ("/api/payments/sessions", "/api/bookings/user")


def paid(**changes: Any) -> dict[str, Any]:
    """The one session once it is paid."""
    return SESSION | {"status": "completed", "paymentStatus": "paid", "stripePaymentIntentId": "pi_000001"} | changes


# -- for everybody ----------------------------------------------------------------------------------------------------


def test_health_says_that_the_code_runs(school: HttpSchool) -> None:
    """Nothing else is asked."""
    assert school.get("/api/health", who=None).body == {"status": "ok"}


def test_the_configuration_is_all_that_a_browser_needs(school: HttpSchool) -> None:
    """The key to pay with, what the shop can do, and where to sign in."""
    answer = school.get("/api/config", who=None)
    assert answer.body == {
        "stripePublishableKey": "pk_stripe",
        "stripeJsUrl": "https://js.stripe.com/endive/stripe.js",
        "currency": "usd",
        "features": {"coupons": True, "bookings": True},
        "auth": {
            "region": "us-east-1",
            "userPoolId": "us-east-1_AbCdEfGhI",
            "userPoolClientId": "client-1",
            "endpoint": "https://cognito-idp.us-east-1.amazonaws.com/",
        },
    }
    assert answer.headers["cache-control"] == "public, max-age=60"


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
        "curriculum": [{"title": "Start", "lessons": [{"title": "First", "minutes": 5}]}],
        "stripeProductId": "prod_1",
        "stripePriceId": "price_1",
    }
    free = school.get("/api/courses/free-1", who=None).body
    assert not free.keys() & {"price", "currency", "comingSoon", "stripePriceId"}


def test_courses_are_a_bare_array(school: HttpSchool) -> None:
    """All of them, in the order of their ids, those that are only announced among them."""
    school.store.courses["soon-1"] = a_course(course_id="soon-1", coming_soon=True, curriculum=(Decimal("1.50"), None))
    answer = school.get("/api/courses", who=None)
    assert [course["courseId"] for course in answer.body] == ["course-1", "free-1", "soon-1"]
    assert answer.body[-1]["comingSoon"] is True
    assert answer.body[-1]["curriculum"] == [1.5, None]
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
    assert ("limit is a whole number" in answer.sentence) or ("cursor" in answer.sentence)


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


# -- the caller -------------------------------------------------------------------------------------------------------


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


# -- enrolling --------------------------------------------------------------------------------------------------------


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
    step = {"progress": 100, "currentLectureId": "last", "completedLectures": 9, "timeSpentSeconds": 60}
    done = school.patch("/api/enrollments/free-1", step).body
    assert done["completed"] is True
    assert done["completedAt"] == "2026-01-15T12:00:00.250Z"
    later = school.patch("/api/enrollments/free-1", {"progress": 5, "timeSpentSeconds": 1}).body
    assert (later["progress"], later["totalTimeSpent"], later["currentLectureId"]) == (100, 61, "last")


# -- paying -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", BUYING)
def test_an_embedded_checkout_is_the_default(school: HttpSchool, path: str) -> None:
    """201 with session and client secret; 200 and the same when repeated."""
    first = school.post(path, {"courseId": "course-1"})
    assert (first.status, first.body) == (
        201,
        {"success": True, "session": SESSION, "clientSecret": "cs_000001_secret"},
    )
    assert (again := school.post(path, {"courseId": "course-1"})).status == 200
    assert again.body == first.body


@pytest.mark.parametrize("path", BUYING)
def test_a_hosted_checkout_leads_to_the_providers_page(school: HttpSchool, path: str) -> None:
    """A redirect URL in place of the client secret, which is nobody's then."""
    answer = school.post(path, {"courseId": "course-1", "uiMode": "hosted", "cancelUrl": "/courses.html"})
    assert answer.status == 201
    assert answer.body == {
        "success": True,
        "session": SESSION | {"uiMode": "hosted"},
        "redirectUrl": "https://pay.example/cs_000001",
    }
    assert school.store.sessions["user-1", "ps_000001"].cancel_url == "https://school.example/courses.html"


def test_a_coupon_over_everything_enrolls_without_the_till(school: HttpSchool) -> None:
    """201 with the enrollment and its session, which asks for no payment; 200 afterwards."""
    school.store.coupons["ALL"] = a_coupon(code="ALL", discount_value=Decimal(100))
    answer = school.post("/api/payments/sessions", {"courseId": "course-1", "couponCode": "all"})
    assert answer.status == 201
    assert answer.body["status"] == "active"
    assert answer.body["session"]["paymentStatus"] == "no_payment_required"
    assert answer.body["enrollment"]["amount"] == 0
    again = school.post("/api/payments/sessions", {"courseId": "course-1"})
    assert (again.status, again.body["status"]) == (200, "active")


def test_a_free_course_has_no_checkout(school: HttpSchool) -> None:
    """Who asks to pay for a free course is told so."""
    answer = school.post("/api/payments/sessions", {"courseId": "free-1"})
    assert (answer.status, answer.code) == (409, "course_free")


def test_the_payment_history_is_the_callers(school: HttpSchool) -> None:
    """Bookings are the same sessions under older addresses."""
    school.pay(school.start())
    for path in HISTORY:
        assert school.get(path).body == [paid()]
        assert school.get(path, who=KIM).body == []
    for path in ("/api/payments/sessions/ps_000001", "/api/bookings/ps_000001"):
        assert school.get(path).body == paid()


@pytest.mark.parametrize(
    ("status", "shown", "payment"),
    [
        (Status.CREATING, "pending", "unpaid"),
        (Status.OPEN, "pending", "unpaid"),
        (Status.PROCESSING, "processing", "unpaid"),
        (Status.COMPLETED, "completed", "paid"),
        (Status.EXPIRED, "expired", "unpaid"),
        (Status.CANCELLED, "cancelled", "unpaid"),
        (Status.FAILED, "failed", "unpaid"),
        (Status.REVIEW, "review", "paid"),
    ],
)
def test_every_state_of_a_session_has_its_word(school: HttpSchool, status: Status, shown: str, payment: str) -> None:
    """A student sees one waiting state where we know two."""
    session: PaymentSession = a_session(status=status)
    school.store.sessions["user-1", "ps_1"] = session
    body = school.get("/api/payments/sessions/ps_1").body
    assert (body["status"], body["paymentStatus"]) == (shown, payment)


def test_the_return_page_hears_the_end_before_the_webhook_comes(school: HttpSchool) -> None:
    """The call settles by itself: paid at the provider is enrolled in the answer."""
    session = school.start()
    path = "/api/checkout/session/cs_000001"
    assert school.get(path).body == {
        "status": "open",
        "paymentStatus": "unpaid",
        "courseId": "course-1",
        "enrolled": False,
    }
    school.provider.pay(session)
    assert school.get(path).body == {
        "status": "complete",
        "paymentStatus": "paid",
        "courseId": "course-1",
        "enrolled": True,
    }


def test_a_session_can_be_cancelled(school: HttpSchool) -> None:
    """200, and the same when repeated."""
    session = school.start()
    for _ in range(2):
        answer = school.post(f"/api/payments/sessions/{session}/cancel")
        assert answer.status == 200
        assert answer.body == {"success": True, "session": SESSION | {"status": "cancelled"}}


def test_a_payment_that_was_faster_is_not_cancelled(school: HttpSchool) -> None:
    """409 with the envelope and the true state."""
    session = school.start()
    school.provider.pay(session)
    answer = school.post(f"/api/payments/sessions/{session}/cancel")
    assert (answer.status, answer.code) == (409, "payment_not_cancellable")
    assert answer.body["session"] == paid()
    assert answer.body.keys() == {"error", "code", "requestId", "session"}


def test_a_wish_to_cancel_is_noted_while_the_provider_is_silent() -> None:
    """202: the reconciler carries it out."""
    school = HttpSchool()
    session = school.start()
    silent = HttpSchool(
        store=school.store,
        clock=school.clock,
        provider=school.provider,
        gateway=Refusing(school.provider, refused=("close_checkout", "look_up"), refusal=ProviderUnavailable),
    )
    answer = silent.post(f"/api/payments/sessions/{session}/cancel")
    assert answer.status == 202
    assert answer.body["session"]["status"] == "cancelling"


def test_a_silent_provider_is_503_and_the_same_call_ends_in_the_same_session() -> None:
    """503 says when to come again; the reservation is carried on with."""
    school = HttpSchool()
    silent = HttpSchool(store=school.store, provider=school.provider, gateway=Unreachable(school.provider))
    answer = silent.post("/api/enrollments", {"courseId": "course-1"})
    assert (answer.status, answer.code) == (503, "provider_unavailable")
    assert answer.headers["retry-after"] == "2"
    assert len(school.store.sessions) == 1
    assert school.post("/api/enrollments", {"courseId": "course-1"}).body["paymentSessionId"] == "ps_000001"


# -- coupons ----------------------------------------------------------------------------------------------------------


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
    """The eleventh attempt of a minute is 429 and says when to come again."""
    body = {"code": "NOPE", "courseId": "course-1"}
    statuses = [school.post("/api/payments/coupons/validate", body).status for _ in range(10)]
    assert statuses == [200] * 10
    refused = school.post("/api/payments/coupons/validate", body)
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "rate_limited", "60")


def test_an_administrator_issues_and_changes_coupons(school: HttpSchool) -> None:
    """Created, listed, read by small letters too, changed; a code is issued once."""
    terms = {
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
    created = school.post("/api/admin/coupons", terms, who=ADA)
    assert created.status == 201
    assert created.body == terms | {
        "code": "SUMMER",
        "currency": "usd",
        "currentUses": 0,
        "isActive": True,
        "listed": False,
        "validFrom": "2025-12-31T23:00:00.000Z",
        "validUntil": "2026-09-01T00:00:00.000Z",
    }
    assert school.post("/api/admin/coupons", terms, who=ADA).code == "coupon_exists"
    assert school.get("/api/admin/coupons", who=ADA).body == [created.body]
    assert school.get("/api/admin/coupons/summer", who=ADA).body == created.body
    changed = school.patch("/api/admin/coupons/SUMMER", {"isActive": False, "maxUses": 7}, who=ADA)
    assert changed.body == created.body | {"isActive": False, "maxUses": 7}


def test_a_coupon_that_is_not_there_is_404_for_an_administrator(school: HttpSchool) -> None:
    """422 is for a student's wrong code only."""
    for path in ("/api/admin/coupons/NOPE", "/api/admin/coupons/not a code"):
        assert school.get(path, who=ADA).status == 404
        assert school.patch(path, {"listed": True}, who=ADA).status == 404
