"""The page after the payment form: every state, and how long it keeps asking."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply, refusal

pytestmark = pytest.mark.browser

_CALL = ("GET", "/api/checkout/session/cs_test_1")


def _is(status: str, payment: str, *, enrolled: bool = False) -> Reply:
    body = {"status": status, "paymentStatus": payment, "courseId": "PAID-1", "enrolled": enrolled}
    return Reply(200, body)


_ENROLLED = _is("complete", "paid", enrolled=True)


def _open(visit: Visit, *replies: Reply) -> Page:
    visit.school.script(*_CALL, *replies)
    visit.sign_in()
    return visit.open("return.html?session_id=cs_test_1")


def _expect_state(page: Page, name: str) -> None:
    expect(page.get_by_test_id("return-state")).to_have_attribute("data-state", name)


@pytest.mark.parametrize(
    ("reply", "state", "link"),
    [
        (_ENROLLED, "enrolled", "Start the course"),
        (_is("complete", "unpaid"), "confirming", "See my purchases"),
        (_is("open", "unpaid"), "open", "Back to checkout"),
        (_is("expired", "unpaid"), "expired", "Back to checkout"),
        (refusal(404, "There is no such checkout.", "payment_session_not_found"), "not_found", "See my purchases"),
    ],
)
def test_each_outcome_is_said_with_a_way_on(visit: Visit, reply: Reply, state: str, link: str) -> None:
    """Whatever became of the payment, there is a heading and the one link that makes sense next."""
    page = _open(visit, reply)
    _expect_state(page, state)
    expect(page.get_by_role("link", name=link)).to_be_visible()


def test_back_to_checkout_is_the_checkout_of_that_course(visit: Visit) -> None:
    """Who has not finished paying is led to the same course again."""
    page = _open(visit, _is("open", "unpaid"))
    link = page.get_by_role("link", name="Back to checkout")
    expect(link).to_have_attribute("href", "checkout.html?courseId=PAID-1")


def test_a_slow_bank_is_watched_until_it_confirms(visit: Visit) -> None:
    """The page asks again by itself and turns into success without a reload."""
    visit.page.clock.install()
    page = _open(visit, _is("complete", "unpaid"), _ENROLLED)
    _expect_state(page, "confirming")
    visit.hurry(lambda: len(visit.school.bodies(*_CALL)) == 2)
    _expect_state(page, "enrolled")
    expect(page.get_by_text("the course is yours")).to_be_visible()


def test_a_payment_that_does_not_settle_is_handed_to_a_person(visit: Visit) -> None:
    """Paid but not enrolled is first finishing, then being checked; the page never asks for money again."""
    visit.page.clock.install()
    page = _open(visit, _is("complete", "paid"))
    _expect_state(page, "settling")
    visit.hurry(lambda: len(visit.school.bodies(*_CALL)) == 4)
    _expect_state(page, "review")
    expect(page.get_by_text("You do not need to pay again")).to_be_visible()
    expect(page.get_by_role("link", name="checkout")).to_have_count(0)
    expect(page.get_by_role("link", name="See my purchases")).to_be_visible()


def test_polling_ends(visit: Visit) -> None:
    """A bank that takes days is not asked for days: fifteen questions, then the page rests."""
    visit.page.clock.install()
    page = _open(visit, _is("complete", "unpaid"))
    _expect_state(page, "confirming")
    visit.hurry(lambda: len(visit.school.bodies(*_CALL)) == 15)
    page.wait_for_load_state("networkidle")
    page.clock.fast_forward(600_000)
    _expect_state(page, "confirming")
    assert len(visit.school.bodies(*_CALL)) == 15


def _session(status: str, **more: object) -> dict[str, Any]:
    return {
        "id": "ps_0042",
        "courseId": "PAID-1",
        "courseName": "AWS Cloud Mastery",
        "status": status,
        "amount": 14999,
        "discountAmount": 3000,
        "finalAmount": 11999,
        "currency": "usd",
        "stripeSessionId": "cs_test_1",
        "createdAt": "2026-11-20T10:00:00Z",
        **more,
    }


def test_success_shows_what_was_paid_and_stays(visit: Visit) -> None:
    """Amount, order number, date and the way into the course; the page does not leave by itself."""
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [_session("completed")]))
    visit.page.clock.install()
    page = _open(visit, _ENROLLED)
    panel = page.get_by_test_id("return-state")
    for text in ("“AWS Cloud Mastery” is yours", "$119.99", "November 20, 2026"):
        expect(panel).to_contain_text(text)
    expect(page.get_by_test_id("order-number")).to_have_text("ps_0042")
    expect(page.get_by_test_id("start-course")).to_have_attribute("href", "learn.html?id=PAID-1")
    page.clock.fast_forward(600_000)
    _expect_state(page, "enrolled")
    expect(page).to_have_url(re.compile(r"return\.html"))


@pytest.mark.parametrize(
    ("session", "state"),
    [
        (_session("failed"), "failed"),
        (_session("refunded"), "refunded"),
        (_session("charged_back"), "charged_back"),
        (_session("completed", paymentStatus="disputed"), "disputed"),
        (_session("closed"), "closed"),
        (_session("review", resolution="refunded"), "refunded"),
        (_session("review", resolution="closed"), "closed"),
        (_session("review"), "review"),
    ],
)
def test_what_was_decided_later_is_shown_as_it_is(visit: Visit, session: dict[str, Any], state: str) -> None:
    """A bank that said no, a refund, a closed check: the page does not promise a course that never comes."""
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [session]))
    answer = _is("expired", "unpaid") if state == "failed" else _is("complete", "paid")
    page = _open(visit, answer)
    _expect_state(page, state)


def test_a_list_of_payments_that_does_not_load_hides_nothing(visit: Visit) -> None:
    """Amount and number are missing then; that the student is enrolled is said all the same."""
    visit.school.script("GET", "/api/payments/sessions", refusal(500, "No."))
    page = _open(visit, _ENROLLED)
    _expect_state(page, "enrolled")
    expect(page.get_by_test_id("order-number")).to_have_count(0)


def test_an_api_that_is_down_is_waited_for_and_then_asked_on_demand(visit: Visit) -> None:
    """503s are retried patiently; when they last, nothing is lost, and a button asks again."""
    visit.page.clock.install()
    page = _open(visit, refusal(503, "Not now.", "unavailable", retry_after="1"))
    visit.hurry(lambda: len(visit.school.bodies(*_CALL)) == 4)
    _expect_state(page, "unavailable")
    visit.school.script(*_CALL, _ENROLLED)
    page.get_by_role("button", name="Ask again").click()
    _expect_state(page, "enrolled")


@pytest.mark.parametrize("answer", [{}, {"status": "complete"}, {"unexpected": True}])
def test_an_answer_without_a_known_state_claims_nothing(visit: Visit, answer: dict[str, Any]) -> None:
    """Success is said only when the API says enrolled."""
    page = _open(visit, Reply(200, answer))
    expect(page.get_by_test_id("return-state")).to_have_attribute("data-state", re.compile("unavailable|settling"))


def test_an_address_without_a_session_is_not_asked_about(visit: Visit) -> None:
    """Without session_id there is nothing to ask the API."""
    visit.sign_in()
    page = visit.open("return.html")
    _expect_state(page, "not_found")
    assert not [path for _, path, _ in visit.school.calls if "checkout" in path]


def test_reassurance_does_not_wait_for_the_settings(visit: Visit) -> None:
    """Just after paying, with the API down, the page says that nothing is lost."""
    visit.school.script("GET", "/api/config", refusal(500, "No."))
    visit.page.clock.install()
    page = _open(visit, refusal(503, "Not now.", "unavailable", retry_after="0"))
    visit.hurry(lambda: len(visit.school.bodies(*_CALL)) == 4)
    expect(page.get_by_text("If you have paid, nothing is lost")).to_be_visible()
