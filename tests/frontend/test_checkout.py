"""The checkout page: one form, honest amounts, and failures with a way on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import PENDING, Reply, refusal

pytestmark = pytest.mark.browser

_ADDRESS = "checkout.html?courseId=PAID-1"
_ENROLL = ("POST", "/api/enrollments")
_ACTIVE = Reply(200, {"status": "active", "enrollment": {"courseId": "PAID-1"}})


def test_the_form_opens_with_the_course_and_its_price(visit: Visit) -> None:
    """One POST opens the checkout; the summary names the course and the total that will be charged."""
    page = visit.open_checkout()
    expect(page.get_by_test_id("checkout-course")).to_have_text("AWS Cloud Mastery")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$149.99")
    expect(page.get_by_test_id("checkout-discount")).to_be_hidden()
    expect(page.get_by_text("Test mode.")).to_be_visible()
    assert visit.school.bodies(*_ENROLL) == [{"courseId": "PAID-1"}]


def test_with_a_live_key_nothing_is_said_of_test_cards(visit: Visit) -> None:
    """Test mode is only announced where it is on; coupons only where the API offers them."""
    visit.school.publishable_key = "pk_live_1"
    visit.sign_in()
    page = visit.open(_ADDRESS)
    expect(page.get_by_test_id("checkout-mount")).to_contain_text("Form for")
    expect(page.get_by_text("Test mode.")).to_be_hidden()
    expect(page.get_by_text("Have a discount code?")).to_be_hidden()


def test_a_busy_provider_is_asked_again_and_then_left_to_the_student(visit: Visit) -> None:
    """A 503 is retried by itself; when it lasts, the API's sentence and a button stand there."""
    busy = refusal(503, "The payment provider is not available right now.", "provider_unavailable", retry_after="0")
    visit.school.script(*_ENROLL, busy)
    visit.page.clock.install()
    visit.sign_in()
    page = visit.open(_ADDRESS)
    expect(page.get_by_text("The payment service is busy.")).to_be_visible()
    expect(page.get_by_text("Test mode.")).to_be_hidden()
    visit.hurry(lambda: len(visit.school.bodies(*_ENROLL)) == 3)
    expect(page.get_by_role("alert")).to_contain_text("The payment provider is not available right now.")
    assert len(visit.school.bodies(*_ENROLL)) == 3
    visit.school.script(*_ENROLL, Reply(201, PENDING))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")


@pytest.mark.parametrize("code", ["payment_in_review", "payment_processing"])
def test_a_payment_under_way_offers_no_second_one(visit: Visit, code: str) -> None:
    """Where paying again would be wrong, there is a sentence and neither a form nor a button."""
    visit.school.script(*_ENROLL, refusal(409, "Please do not pay again.", code))
    visit.sign_in()
    page = visit.open(_ADDRESS)
    expect(page.get_by_role("heading", name="Nothing to pay now")).to_be_visible()
    expect(page.get_by_text("Please do not pay again.")).to_be_visible()
    expect(page.get_by_test_id("checkout-mount")).to_have_count(0)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_refusal_that_stays_offers_no_second_try(visit: Visit) -> None:
    """What asking again cannot change is said without a button."""
    visit.school.script(*_ENROLL, refusal(409, "This is not possible.", "payment_provider_rejected"))
    visit.sign_in()
    page = visit.open(_ADDRESS)
    expect(page.get_by_role("alert")).to_contain_text("This is not possible.")
    expect(page.get_by_text("Test mode.")).to_be_hidden()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("course_full", "This course is full"),
        ("not_invited", "This course is by invitation"),
        ("sales_closed", "New enrollments are paused"),
        ("course_not_open", "Not open yet"),
        ("course_not_for_sale", "This course cannot be bought now"),
    ],
)
def test_a_course_that_cannot_be_bought_now_says_why_and_leads_back(visit: Visit, code: str, title: str) -> None:
    """It is no fault of anybody's: no alarm, no form, no way to pay to choose, and the course's page says the rest."""
    visit.school.providers = ("stripe", "paypal")
    visit.school.script(*_ENROLL, refusal(409, "The API says why.", code))
    visit.sign_in()
    page = visit.open(_ADDRESS)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text("The API says why.")).to_be_visible()
    expect(page.get_by_role("link", name="See the course")).to_have_attribute("href", "course.html?id=PAID-1")
    expect(page.get_by_test_id("checkout-mount")).to_have_count(0)
    expect(page.get_by_test_id("provider-paypal")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_form_that_does_not_load_can_be_tried_again(visit: Visit) -> None:
    """A blocked Stripe.js is said in words, and the next try loads it anew."""
    visit.sign_in()
    blocked = "**/endive/stripe.js"
    visit.page.route(blocked, lambda route: route.abort())
    page = visit.open(_ADDRESS)
    expect(page.get_by_role("alert")).to_contain_text("The payment form could not be loaded.")
    expect(page.get_by_text("Test mode.")).to_be_hidden()
    page.unroute(blocked)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")


@pytest.mark.parametrize(
    ("course_id", "heading"),
    [("FREE-1", "This course is free"), ("SOON-1", "Coming soon"), ("PAID-1", "You are enrolled")],
)
def test_where_there_is_nothing_to_pay_the_page_says_so(visit: Visit, course_id: str, heading: str) -> None:
    """Free, announced and already owned courses show no form and lead on."""
    visit.school.script(*_ENROLL, _ACTIVE)
    visit.sign_in()
    page = visit.open(f"checkout.html?courseId={course_id}")
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_test_id("checkout-mount")).to_have_count(0)
    way = page.get_by_test_id("checkout-outcome").get_by_role("link").first
    expect(way).to_have_attribute("href", re.compile(rf"^(course|learn)\.html\?id={course_id}$"))


def test_an_unknown_course_is_not_tried_again(visit: Visit) -> None:
    """A 404 is final: the sentence, and the way back to the courses."""
    visit.school.script("GET", "/api/courses/NONE", refusal(404, "There is no such course.", "course_not_found"))
    visit.sign_in()
    page = visit.open("checkout.html?courseId=NONE")
    expect(page.get_by_role("alert")).to_contain_text("There is no such course.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    expect(page.get_by_role("link", name="All courses")).to_be_visible()


def test_without_a_course_the_page_asks_for_one(visit: Visit) -> None:
    """No order without a name, and nothing is asked of the API that cannot be answered."""
    visit.sign_in()
    page = visit.open("checkout.html")
    expect(page.get_by_text("Which course would you like to buy?")).to_be_visible()
    expect(page.get_by_test_id("checkout-total")).to_be_hidden()
    assert [path for _, path, _ in visit.school.calls if path.startswith("/api/courses")] == []


def _session(status: str, **more: object) -> dict[str, Any]:
    return {"id": "ps_1", "courseId": "PAID-1", "status": status, "amount": 14999, "currency": "usd", **more}


def _look_again(page: Page) -> None:
    page.evaluate("void dispatchEvent(new Event('focus'))")


def test_a_checkout_that_timed_out_can_be_started_again(visit: Visit) -> None:
    """After expiresAt the API is asked; when it says so, the dead form goes and a new start is offered."""
    visit.school.script(*_ENROLL, Reply(201, {**PENDING, "expiresAt": "2026-01-01T00:40:00Z"}))
    visit.school.script("GET", "/api/payments/sessions/ps_1", Reply(200, _session("expired")))
    visit.page.clock.install(time="2026-01-01T00:00:00Z")
    page = visit.open_checkout()
    page.clock.fast_forward("41:00")
    expect(page.get_by_text("This checkout has ended.")).to_be_visible()
    expect(page.get_by_test_id("checkout-mount")).to_be_hidden()
    visit.school.script(*_ENROLL, Reply(201, {**PENDING, "clientSecret": "cs_test_4_secret_4"}))
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_4_secret_4")


@pytest.mark.parametrize("clock", ["2026-01-01T01:00:00Z", "2025-12-31T23:00:00Z"])
def test_a_wrong_clock_does_no_harm(visit: Visit, clock: str) -> None:
    """A browser an hour ahead or behind shows the form; only the API's word ends a checkout."""
    visit.school.script(*_ENROLL, Reply(201, {**PENDING, "expiresAt": "2026-01-01T00:40:00Z"}))
    visit.school.script("GET", "/api/payments/sessions/ps_1", Reply(200, _session("pending")))
    visit.page.clock.install(time=clock)
    page = visit.open_checkout()
    for _ in range(3):
        page.clock.fast_forward("01:01")
        page.wait_for_load_state("networkidle")
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")
    expect(page.get_by_role("button", name="Start again")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("completed", "You are enrolled"),
        ("processing", "Nothing to pay now"),
        ("review", "Nothing to pay now"),
        ("cancelled", "This checkout was replaced"),
        ("expired", "This checkout has ended"),
    ],
)
def test_a_tab_that_was_left_behind_notices_and_leads_on(visit: Visit, status: str, words: str) -> None:
    """Paid, replaced or ended in another tab: on coming back the dead form goes and there is a way on."""
    visit.school.script("GET", "/api/payments/sessions/ps_1", Reply(200, _session(status)))
    page = visit.open_checkout()
    _look_again(page)
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_text("Form for cs_test_1_secret_1")).to_have_count(0)
    expect(page.get_by_text("Test mode.")).to_be_hidden()


def test_coming_back_to_an_open_checkout_changes_nothing(visit: Visit) -> None:
    """While it can be paid, and when the API does not answer, the form with what was typed stays."""
    visit.school.script("GET", "/api/payments/sessions/ps_1", Reply(200, _session("pending")), refusal(500, "No."))
    page = visit.open_checkout()
    for _ in range(2):
        _look_again(page)
        page.wait_for_load_state("networkidle")
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_on_a_phone_the_order_is_one_line_above_the_form(visit: Visit) -> None:
    """Name and total, which open to the whole order; the form begins high on the screen."""
    visit.page.set_viewport_size({"width": 390, "height": 844})
    page = visit.open_checkout()
    expect(page.get_by_test_id("checkout-discount")).to_be_hidden()
    box = page.get_by_test_id("checkout-mount").bounding_box()
    assert box is not None
    assert box["y"] < 300
    page.locator("summary", has_text="AWS Cloud Mastery").click()
    expect(page.get_by_test_id("checkout-total")).to_be_visible()


def test_a_form_that_takes_its_time_is_spoken_of(visit: Visit) -> None:
    """After four seconds without a form there is a word, and that nothing was charged."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visit.page.route("**/endive/stripe.js", hold)
    visit.page.clock.install()
    visit.sign_in()
    page = visit.open(_ADDRESS)
    visit.hurry(lambda: bool(visit.school.bodies(*_ENROLL)))
    expect(page.get_by_test_id("checkout-total")).to_have_text("$149.99")
    visit.hurry(lambda: page.get_by_text("takes longer than usual. Nothing has been charged").count() > 0)
    held[0].continue_()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")


_PAYPAL = {"status": "pending", "provider": "paypal", "redirectUrl": "https://paypal.example/checkoutnow?token=O-1"}
_AMOUNTS = {"paymentSessionId": "ps_9", "amount": 14999, "discountAmount": 0, "finalAmount": 14999, "currency": "usd"}


def test_the_way_to_pay_is_chosen_where_there_are_several(visit: Visit) -> None:
    """The form of this page first; the other provider's own page only after a word and a press."""
    visit.school.providers = ("stripe", "paypal")
    page = visit.open_checkout()
    assert visit.school.bodies("POST", "/api/enrollments") == [{"courseId": "PAID-1", "provider": "stripe"}]
    page.get_by_test_id("provider-paypal").check()
    expect(page.get_by_text("You pay on the page of PayPal and come back here.")).to_be_visible()
    expect(page.get_by_test_id("checkout-mount")).to_be_hidden()
    assert len(visit.school.bodies("POST", "/api/enrollments")) == 1
    visit.school.script("POST", "/api/enrollments", Reply(201, {**_PAYPAL, **_AMOUNTS}))
    page.route("https://paypal.example/**", lambda route: route.fulfill(status=200, body="PayPal"))
    page.get_by_test_id("go-to-provider").dblclick()
    page.wait_for_url("https://paypal.example/checkoutnow?token=O-1")
    assert visit.school.bodies("POST", "/api/enrollments")[1:] == [{"courseId": "PAID-1", "provider": "paypal"}]


def test_changing_ones_mind_brings_the_form_back(visit: Visit) -> None:
    """Between the ways to pay nothing is opened twice."""
    visit.school.providers = ("stripe", "paypal")
    page = visit.open_checkout()
    page.get_by_test_id("provider-paypal").check()
    expect(page.get_by_test_id("go-to-provider")).to_be_visible()
    page.get_by_test_id("provider-stripe").check()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")
    expect(page.get_by_test_id("go-to-provider")).to_be_hidden()


def test_while_nobody_can_pay_the_page_says_so_and_opens_nothing(visit: Visit) -> None:
    """Kindly, and with a way back to the course."""
    visit.school.providers = ()
    visit.sign_in()
    page = visit.open(_ADDRESS)
    expect(page.get_by_text("New enrollments are paused at the moment.")).to_be_visible()
    expect(page.get_by_text("You have not been charged.")).to_be_visible()
    expect(page.get_by_role("link", name="See the course")).to_be_visible()
    assert visit.school.bodies(*_ENROLL) == []


def test_a_form_that_is_open_where_nothing_new_is_sold_can_be_finished(visit: Visit) -> None:
    """It is found again without naming the provider, which would not take a new one."""
    visit.school.providers = ("paypal",)
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [{**_session("pending"), "provider": "stripe"}]))
    page = visit.open_checkout()
    assert visit.school.bodies(*_ENROLL) == [{"courseId": "PAID-1"}]
    expect(page.get_by_test_id("provider-paypal")).to_be_visible()


def test_one_provider_asks_nothing(visit: Visit) -> None:
    """No choice where there is none; and where the only one has a page of its own, that is what is offered."""
    page = visit.open_checkout()
    expect(page.get_by_role("group", name="How would you like to pay?")).to_have_count(0)
    visit.school.providers = ("paypal",)
    page.reload()
    expect(page.get_by_test_id("go-to-provider")).to_have_text("Pay with PayPal")
    expect(page.get_by_test_id("checkout-mount")).to_be_hidden()
