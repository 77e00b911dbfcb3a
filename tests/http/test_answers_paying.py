"""Payment sessions and bookings. That each answer fits the OpenAPI document is checked on the way (HttpSchool)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import ProviderUnavailable
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from tests.support.factories import a_coupon, a_session
from tests.support.http.http_school import KIM, HttpSchool
from tests.support.http.responses import BUYING, HISTORY, SESSION, paid
from tests.support.memory.misbehaving import Refusing, Unreachable


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


@pytest.mark.parametrize("path", BUYING)
def test_a_checkout_that_can_be_left_is_hosted(school: HttpSchool, path: str) -> None:
    """Only a hosted checkout leads to a page for those who leave, so naming that page asks for one."""
    pages = {"returnUrl": "/payment/success", "cancelUrl": "/payment/cancel"}
    answer = school.post(path, {"courseId": "course-1", **pages})
    assert answer.status == 201
    assert answer.body["redirectUrl"].startswith("https://")
    embedded = school.post(path, {"courseId": "course-1", **pages, "uiMode": "embedded"})
    assert "redirectUrl" not in embedded.body


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
    """Who asks to pay for a free course gets an answer that says so."""
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


def test_a_cancel_request_is_stored_while_the_provider_is_silent() -> None:
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
