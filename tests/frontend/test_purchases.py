"""Purchases: where each payment stands, and cancelling."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply, refusal

pytestmark = pytest.mark.browser

_LIST = ("GET", "/api/payments/sessions")
_CANCEL = ("POST", "/api/payments/sessions/ps_1/cancel")


def _session(identifier: str, status: str, **more: object) -> dict[str, Any]:
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


def _open(visit: Visit, *sessions: dict[str, Any]) -> Page:
    visit.school.script(*_LIST, Reply(200, list(sessions)))
    visit.sign_in()
    return visit.open("purchases.html")


def test_each_booking_says_where_it_stands(visit: Visit) -> None:
    """Status in words, what was paid, the discount and its code; only the pending one can be cancelled."""
    paid = _session("ps_2", "completed", discountAmount=3000, finalAmount=11999, couponCode="SAVE20")
    page = _open(visit, _session("ps_1", "pending"), paid)
    first, second = page.get_by_test_id("purchase-ps_1"), page.get_by_test_id("purchase-ps_2")
    expect(first).to_contain_text("Waiting for payment")
    expect(first.get_by_role("link", name="Continue payment")).to_have_attribute(
        "href", "checkout.html?courseId=PAID-1"
    )
    expect(second).to_contain_text("Paid")
    expect(second).to_contain_text("$119.99")
    expect(second).to_contain_text("instead of $149.99")
    expect(second).to_contain_text("SAVE20")
    expect(page.get_by_test_id("cancel-ps_2")).to_have_count(0)
    expect(second).to_contain_text("Order ps_2")


def test_cancelling_shows_that_it_is_cancelled(visit: Visit) -> None:
    """After a 200 the row says Cancelled and offers nothing more."""
    page = _open(visit, _session("ps_1", "pending"))
    visit.school.script(*_CANCEL, Reply(200, {"success": True, "session": _session("ps_1", "cancelled")}))
    page.get_by_test_id("cancel-ps_1").click()
    expect(page.get_by_test_id("purchase-ps_1")).to_contain_text("Cancelled")
    expect(page.get_by_test_id("cancel-ps_1")).to_have_count(0)


def test_a_cancellation_on_its_way_is_not_called_done(visit: Visit) -> None:
    """A 202 is said as what it is."""
    page = _open(visit, _session("ps_1", "pending"))
    visit.school.script(*_CANCEL, Reply(202, {"success": True, "session": _session("ps_1", "cancelling")}))
    page.get_by_test_id("cancel-ps_1").click()
    expect(page.get_by_test_id("purchase-ps_1")).to_contain_text("Cancelling")


def test_a_payment_that_won_the_race_is_shown_as_paid(visit: Visit) -> None:
    """A 409 brings the API's sentence and the row's true state."""
    page = _open(visit, _session("ps_1", "pending"))
    refused = refusal(409, "This checkout was paid meanwhile.", "payment_not_cancellable")
    visit.school.script(*_CANCEL, Reply(409, {**refused.body, "session": _session("ps_1", "completed")}))
    page.get_by_test_id("cancel-ps_1").click()
    row = page.get_by_test_id("purchase-ps_1")
    expect(row.get_by_role("alert")).to_contain_text("This checkout was paid meanwhile.")
    expect(row).to_have_attribute("data-state", "completed")
    expect(page.get_by_test_id("cancel-ps_1")).to_have_count(0)


def test_a_double_click_cancels_once(visit: Visit) -> None:
    """While one answer is awaited, a second click is ignored."""
    page = _open(visit, _session("ps_1", "pending"))
    visit.school.script(*_CANCEL, Reply(200, {"success": True, "session": _session("ps_1", "cancelled")}))
    page.get_by_test_id("cancel-ps_1").evaluate("(button) => { button.click(); button.click(); }")
    expect(page.get_by_test_id("purchase-ps_1")).to_contain_text("Cancelled")
    assert len(visit.school.bodies(*_CANCEL)) == 1


def test_nothing_bought_yet_leads_to_the_courses(visit: Visit) -> None:
    """An empty list is said in words, and that free courses are elsewhere."""
    page = _open(visit)
    expect(page.get_by_text("Nothing bought yet")).to_be_visible()
    expect(page.get_by_text("Free courses need no purchase")).to_be_visible()
    expect(page.get_by_role("link", name="See all courses")).to_be_visible()


def test_checkouts_without_a_payment_are_folded_away(visit: Visit) -> None:
    """One purchase with two tries of a code is one row; the tries can be looked at."""
    tries = [_session(f"ps_{n}", "cancelled", createdAt=f"2026-11-20T09:0{n}:00Z") for n in (1, 2)]
    page = _open(visit, _session("ps_9", "completed", paymentStatus="paid"), *tries)
    rows = page.get_by_role("list", name="Purchases").get_by_role("listitem")
    expect(rows).to_have_count(1)
    expect(page.get_by_test_id("purchase-ps_1")).to_be_hidden()
    page.get_by_text("2 checkouts that ended without a payment").click()
    expect(page.get_by_test_id("purchase-ps_1")).to_contain_text("Nothing was charged.")


@pytest.mark.parametrize(
    ("more", "state", "words"),
    [
        ({"status": "refunded"}, "refunded", "We paid everything back"),
        ({"status": "charged_back"}, "charged_back", "Your bank took this payment back"),
        ({"status": "completed", "paymentStatus": "disputed"}, "disputed", "Your bank asks about this payment"),
        (
            {"status": "completed", "paymentStatus": "partially_refunded", "givenBack": 2000},
            "partially_refunded",
            "$20.00 of $149.99 went back to you.",
        ),
        ({"status": "review"}, "review", "You do not need to pay again"),
        ({"status": "review", "resolution": "refunded"}, "refunded", "We paid everything back"),
        ({"status": "closed"}, "closed", "A person checked this payment and closed it"),
        ({"status": "review", "resolution": "closed"}, "closed", "A person checked this payment and closed it"),
        ({"status": "completed", "finalAmount": 0}, "free", "Nothing to pay"),
    ],
)
def test_what_came_of_a_payment_is_shown_as_it_is(visit: Visit, more: dict[str, Any], state: str, words: str) -> None:
    """Refunded, taken back, disputed, checked and closed: none of them is called paid or being checked."""
    page = _open(visit, _session("ps_1", **more))
    row = page.get_by_test_id("purchase-ps_1")
    expect(row).to_have_attribute("data-state", state)
    expect(row).to_contain_text(words)
    expect(page.get_by_test_id("cancel-ps_1")).to_have_count(0)


def test_a_partial_refund_shows_what_is_left_of_the_price(visit: Visit) -> None:
    """The sum that was kept stands first, and how it came about under it."""
    page = _open(visit, _session("ps_1", "completed", paymentStatus="partially_refunded", givenBack=2000))
    row = page.get_by_test_id("purchase-ps_1")
    expect(row).to_contain_text("$129.99")
    expect(row).to_contain_text("$149.99 less $20.00")


def test_a_receipt_is_asked_for_at_the_click(visit: Visit) -> None:
    """Its address ends after a while, so none is kept in the page; one that does not exist is said so."""
    missing = refusal(404, "There is no receipt for this payment.", "receipt_not_found")
    call = ("GET", "/api/payments/sessions/ps_1/receipt")
    page = _open(visit, _session("ps_1", "completed", paymentStatus="paid"), _session("ps_2", "pending"))
    visit.school.script(*call, missing, Reply(200, {"receiptUrl": f"{page.url.rpartition('/')[0]}/404.html"}))
    expect(page.get_by_test_id("receipt-ps_2")).to_have_count(0)
    receipt = page.get_by_test_id("receipt-ps_1")
    receipt.click()
    expect(page.get_by_test_id("purchase-ps_1")).to_contain_text("There is no receipt for this payment.")
    receipt.click()
    page.wait_for_url("**/404.html")


def test_a_list_that_does_not_load_can_be_asked_for_again(visit: Visit) -> None:
    """The error stands alone, and the button brings the list."""
    visit.school.script(*_LIST, refusal(500, "That did not work."), Reply(200, [_session("ps_1", "expired")]))
    visit.sign_in()
    page = visit.open("purchases.html")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("1 checkout that ended without a payment")).to_be_visible()


def test_a_school_that_asks_for_patience_is_spoken_of(visit: Visit) -> None:
    """Each refusal comes at once, but the page waits before it asks again: that is said too, and taken back."""
    visit.school.script("GET", "/api/payments/sessions", refusal(503, "Later.", "busy", "15"), Reply(200, []))
    visit.page.clock.install()
    visit.sign_in()
    page = visit.open("purchases.html")
    slow = page.get_by_test_id("slow")
    visit.hurry(lambda: slow.count() > 0)
    expect(slow).to_contain_text("Still loading")
    empty = page.get_by_role("heading", name="Nothing bought yet")
    visit.hurry(empty.is_visible)
    expect(slow).to_have_count(0)
