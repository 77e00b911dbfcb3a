"""My bookings: where each payment stands, and cancelling."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply, refusal

pytestmark = pytest.mark.browser

_LIST = ("GET", "/api/payments/sessions")
_CANCEL = ("POST", "/api/payments/sessions/ps_1/cancel")


def _booking(identifier: str, status: str, **more: object) -> dict[str, Any]:
    return {
        "id": identifier,
        "courseId": "PAID-1",
        "courseName": "AWS Cloud Mastery",
        "status": status,
        "paymentStatus": "unpaid",
        "amount": 14999,
        "discountAmount": 0,
        "finalAmount": 14999,
        "currency": "usd",
        "uiMode": "embedded",
        "createdAt": "2026-11-20T10:00:00Z",
        **more,
    }


def _open(visit: Visit, *bookings: dict[str, Any]) -> Page:
    visit.school.features = {"bookings": True}
    visit.school.script(*_LIST, Reply(200, list(bookings)))
    visit.sign_in()
    return visit.open("bookings.html")


def test_each_booking_says_where_it_stands(visit: Visit) -> None:
    """Status in words, what was paid, the discount and its code; only the pending one can be cancelled."""
    paid = _booking("ps_2", "completed", discountAmount=3000, finalAmount=11999, couponCode="SAVE20")
    page = _open(visit, _booking("ps_1", "pending"), paid)
    first, second = page.get_by_test_id("booking-ps_1"), page.get_by_test_id("booking-ps_2")
    expect(first).to_contain_text("Waiting for payment")
    expect(first.get_by_role("link", name="Continue payment")).to_have_attribute(
        "href", "checkout.html?courseId=PAID-1"
    )
    expect(second).to_contain_text("Paid")
    expect(second).to_contain_text("$119.99")
    expect(second).to_contain_text("instead of $149.99")
    expect(second).to_contain_text("SAVE20")
    expect(page.get_by_test_id("cancel-ps_2")).to_be_hidden()


def test_continuing_a_payment_keeps_its_discount_code(visit: Visit) -> None:
    """The checkout opens on the terms that the booking was made on."""
    page = _open(visit, _booking("ps_1", "pending", discountAmount=3000, finalAmount=11999, couponCode="SAVE20"))
    visit.school.features["coupons"] = True
    page.reload()
    page.get_by_role("link", name="Continue payment").click()
    expect(page.get_by_test_id("checkout-mount")).to_contain_text("Form for")
    assert visit.school.bodies("POST", "/api/enrollments") == [{"courseId": "PAID-1", "couponCode": "SAVE20"}]


def test_cancelling_shows_that_it_is_cancelled(visit: Visit) -> None:
    """After a 200 the row says Cancelled and offers nothing more."""
    page = _open(visit, _booking("ps_1", "pending"))
    visit.school.script(*_CANCEL, Reply(200, {"success": True, "session": _booking("ps_1", "cancelled")}))
    page.get_by_test_id("cancel-ps_1").click()
    expect(page.get_by_test_id("booking-ps_1")).to_contain_text("Cancelled")
    expect(page.get_by_test_id("cancel-ps_1")).to_be_hidden()


def test_a_cancellation_on_its_way_is_not_called_done(visit: Visit) -> None:
    """A 202 is said as what it is."""
    page = _open(visit, _booking("ps_1", "pending"))
    visit.school.script(*_CANCEL, Reply(202, {"success": True, "session": _booking("ps_1", "cancelling")}))
    page.get_by_test_id("cancel-ps_1").click()
    expect(page.get_by_test_id("booking-ps_1")).to_contain_text("Cancelling")


def test_a_payment_that_won_the_race_is_shown_as_paid(visit: Visit) -> None:
    """A 409 brings the API's sentence and the row's true state."""
    page = _open(visit, _booking("ps_1", "pending"))
    refused = refusal(409, "This checkout was paid meanwhile.", "payment_not_cancellable")
    visit.school.script(*_CANCEL, Reply(409, {**refused.body, "session": _booking("ps_1", "completed")}))
    page.get_by_test_id("cancel-ps_1").click()
    row = page.get_by_test_id("booking-ps_1")
    expect(row.get_by_role("alert")).to_contain_text("This checkout was paid meanwhile.")
    expect(row).to_have_attribute("data-status", "completed")
    expect(page.get_by_test_id("cancel-ps_1")).to_be_hidden()


def test_a_double_click_cancels_once(visit: Visit) -> None:
    """While one answer is awaited, a second click is ignored."""
    page = _open(visit, _booking("ps_1", "pending"))
    visit.school.script(*_CANCEL, Reply(200, {"success": True, "session": _booking("ps_1", "cancelled")}))
    page.get_by_test_id("cancel-ps_1").evaluate("(button) => { button.click(); button.click(); }")
    expect(page.get_by_test_id("booking-ps_1")).to_contain_text("Cancelled")
    assert len(visit.school.bodies(*_CANCEL)) == 1


def test_no_bookings_yet_leads_to_the_courses(visit: Visit) -> None:
    """An empty list is said in words."""
    page = _open(visit)
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    expect(page.get_by_role("link", name="See the courses")).to_be_visible()


def test_without_the_feature_there_is_no_link_and_the_page_says_so(visit: Visit) -> None:
    """An API without payment sessions is never asked for them."""
    visit.sign_in()
    page = visit.open("bookings.html")
    expect(page.get_by_text("not available here")).to_be_visible()
    expect(page.get_by_role("link", name="My bookings")).to_have_count(0)
    assert visit.school.bodies(*_LIST) == []


def test_a_list_that_does_not_load_can_be_asked_for_again(visit: Visit) -> None:
    """The error stands alone, and the button brings the list."""
    visit.school.features = {"bookings": True}
    visit.school.script(*_LIST, refusal(500, "That did not work."), Reply(200, [_booking("ps_1", "expired")]))
    visit.sign_in()
    page = visit.open("bookings.html")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("booking-ps_1")).to_contain_text("Expired")
