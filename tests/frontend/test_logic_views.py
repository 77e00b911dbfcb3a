"""Cards, bookings, tokens and addresses as plain values."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.frontend.conftest import Logic

pytestmark = pytest.mark.browser

_PAID = {"pricingModel": "paid", "price": 149.99}
_FREE = {"pricingModel": "free"}


@pytest.mark.parametrize(
    ("course", "enrollment", "kind", "price"),
    [
        (_FREE, None, "free", "Free"),
        (_PAID, None, "paid", "$149.99"),
        ({**_PAID, "currency": "jpy", "price": 500}, None, "paid", "¥500"),
        ({**_PAID, "comingSoon": True}, None, "soon", "$149.99"),
        ({**_PAID, "comingSoon": True}, {"paymentStatus": "completed"}, "enrolled", "$149.99"),
        (_PAID, {"paymentStatus": "pending"}, "paid", "$149.99"),
        ({"pricingModel": "paid"}, None, "paid", None),
    ],
)
def test_a_card_shows_what_can_be_done(
    logic: Logic, course: dict[str, Any], enrollment: dict[str, Any] | None, kind: str, price: str | None
) -> None:
    """Enrolled comes before coming soon, which comes before the price; a pending payment is no enrollment."""
    card = logic.call("courses.cardOf", course, enrollment)
    assert (card["kind"], card["price"]) == (kind, price)


@pytest.mark.parametrize(
    ("enrollment", "progress"),
    [
        ({"progress": 40}, 40),
        ({"progress": 0}, 0),
        ({"progress": 140}, 100),
        ({"progress": -1}, 0),
        ({"progress": "40"}, None),
        ({}, None),
        ({"progress": 90, "completed": True}, 100),
    ],
)
def test_progress_stays_between_0_and_100(logic: Logic, enrollment: dict[str, Any], progress: int | None) -> None:
    """What is no number is not shown; what is out of range is cut."""
    assert logic.call("courses.cardOf", _FREE, enrollment)["progress"] == progress


@pytest.mark.parametrize(
    ("url", "loaded"),
    [
        ("https://img.example/a.png", True),
        ("javascript:alert(1)", False),
        ("http://img.example/a.png", False),
        ("", False),
    ],
)
def test_only_https_pictures_are_loaded(logic: Logic, url: str, *, loaded: bool) -> None:
    """An address that the page's policy would refuse is never tried; the drawn cover stays."""
    assert logic.call("courses.pictureOf", {"imageUrl": url}) == (url if loaded else None)


def test_a_cover_is_the_same_for_the_same_course_and_another_for_the_next(logic: Logic) -> None:
    """Cover art depends on the course id and on nothing else."""
    first, again, other = (logic.call("cover.coverOf", seed) for seed in ("C-1", "C-1", "C-2"))
    assert first == again
    assert first != other
    assert {shape["tag"] for shape in first["shapes"]} <= {"rect", "circle", "path"}


@pytest.mark.parametrize(
    ("status", "label", "may_cancel"),
    [
        ("pending", "Waiting for payment", True),
        ("processing", "Bank is confirming", False),
        ("completed", "Paid", False),
        ("cancelled", "Cancelled", False),
        ("cancelling", "Cancelling", False),
        ("expired", "Expired", False),
        ("failed", "Payment failed", False),
        ("review", "Being checked", False),
        ("brand_new", "brand_new", False),
    ],
)
def test_only_a_pending_booking_can_be_cancelled_or_continued(
    logic: Logic, status: str, label: str, *, may_cancel: bool
) -> None:
    """Each status has its label; a status the page does not know offers nothing."""
    session = {"status": status, "amount": 1, "currency": "usd", "createdAt": "2026-11-20T10:00:00Z"}
    booking = logic.call("bookings.bookingOf", session)
    assert (booking["label"], booking["canCancel"], booking["canContinue"]) == (label, may_cancel, may_cancel)


def test_a_hosted_checkout_is_not_continued_in_the_embedded_form(logic: Logic) -> None:
    """Continuing would supersede a session that was opened on the provider's own page."""
    session = {"status": "pending", "amount": 1, "currency": "usd", "uiMode": "hosted"}
    booking = logic.call("bookings.bookingOf", session)
    assert (booking["canCancel"], booking["canContinue"], booking["date"]) == (True, False, "")


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("checkout.html?courseId=A-1", "checkout.html?courseId=A-1"),
        ("return.html?session_id=cs_test_1", "return.html?session_id=cs_test_1"),
        ("https://evil.example/", "dashboard.html"),
        ("//evil.example/dashboard.html", "dashboard.html"),
        ("javascript:alert(1)", "dashboard.html"),
        ("index.html", "dashboard.html"),
        ("dashboard.html\n//evil", "dashboard.html"),
        (None, "dashboard.html"),
    ],
)
def test_signing_in_goes_on_to_our_own_pages_only(logic: Logic, wanted: str | None, goes_to: str) -> None:
    """Whatever an address asks for, the next page is one of ours."""
    assert logic.call("places.safeNext", wanted) == goes_to


def test_claims_are_read_as_utf_8_and_nonsense_is_nobody(logic: Logic) -> None:
    """Names keep their letters; an unreadable token gives no claims instead of an error."""
    payload = (
        base64.urlsafe_b64encode(json.dumps({"name": "Zoë Ünal"}, ensure_ascii=False).encode()).decode().rstrip("=")
    )
    assert logic.call("tokens.claimsOf", f"e30.{payload}.x") == {"name": "Zoë Ünal"}
    assert logic.call("tokens.claimsOf", "nonsense") == {}


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ada"}, "Ada"),
        ({"given_name": "Ada", "family_name": "L"}, "Ada L"),
        ({"email": "ada@example.com"}, "ada"),
        ({}, "Student"),
    ],
)
def test_the_student_is_called_by_the_best_name_known(logic: Logic, claims: dict[str, str], name: str) -> None:
    """A name, else the parts of one, else the local part of the address."""
    assert logic.call("tokens.nameOf", claims) == name


def test_a_token_is_stale_a_minute_early_and_a_refresh_keeps_the_refresh_token(logic: Logic) -> None:
    """Calls never start with a token that ends on the way; Cognito's refresh answer brings no new refresh token."""
    session = logic.call("tokens.sessionOf", {"IdToken": "a", "ExpiresIn": 3600}, 1000, {"refreshToken": "r"})
    assert session == {"idToken": "a", "refreshToken": "r", "expiresAt": 3_601_000}
    assert logic.call("tokens.isStale", session, 3_540_000) is False
    assert logic.call("tokens.isStale", session, 3_542_000) is True


@pytest.mark.parametrize(("key", "test"), [("pk_test_1", True), ("pk_live_1", False), (None, False)])
def test_test_mode_is_read_off_the_publishable_key(logic: Logic, key: str | None, *, test: bool) -> None:
    """Only a sandbox key makes the page speak of test cards."""
    assert logic.call("checkout.isTestMode", key) is test


@pytest.mark.parametrize(
    ("expires_at", "left"),
    [("1970-01-01T00:00:10Z", 9000), (10, 9000), (0, 0), (None, None), ("x", None), ("2999-01-01", None)],
)
def test_the_time_left_of_a_checkout_is_never_negative(logic: Logic, expires_at: Any, left: int | None) -> None:
    """ISO time or seconds; unknown and far away both mean: do not wait for it."""
    assert logic.call("checkout.timeLeft", expires_at, 1000) == left
