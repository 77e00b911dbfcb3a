"""The checkout page: one form, honest amounts, coupons, and failures with a way on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import PENDING, Reply, refusal

pytestmark = pytest.mark.browser

_ADDRESS = "checkout.html?courseId=PAID-1"
_ENROLL = ("POST", "/api/enrollments")
_VALIDATE = ("POST", "/api/payments/coupons/validate")
_ACTIVE = Reply(200, {"status": "active", "enrollment": {"courseId": "PAID-1"}})
_DISCOUNTED = Reply(201, {**PENDING, "clientSecret": "cs_test_2_secret_2", "discountAmount": 3000})


def _quote(discount: int) -> Reply:
    return Reply(200, {"isValid": True, "discountAmount": discount, "finalAmount": 14999 - discount, "currency": "usd"})


def _open(visit: Visit) -> Page:
    visit.school.features = {"coupons": True}
    visit.sign_in()
    page = visit.open(_ADDRESS)
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")
    return page


def _apply(page: Page, code: str = "save20") -> None:
    page.get_by_test_id("coupon-input").fill(code)
    page.get_by_test_id("coupon-apply").click()


def test_the_form_opens_with_the_course_and_its_price(visit: Visit) -> None:
    """One POST opens the checkout; the summary names the course and the total that will be charged."""
    page = _open(visit)
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
    expect(page.get_by_test_id("coupon-input")).to_be_hidden()


def test_an_applied_coupon_replaces_the_form_and_shows_the_discount(visit: Visit) -> None:
    """The old form is destroyed before the new one, and what the checkout charges is what the page shows."""
    visit.school.script(*_VALIDATE, _quote(3000))
    page = _open(visit)
    visit.school.script(*_ENROLL, _DISCOUNTED)
    _apply(page)
    expect(page.get_by_test_id("coupon-message")).to_have_text("SAVE20 applied: you save $30.00.")
    expect(page.get_by_test_id("checkout-discount")).to_have_text("-$30.00")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$119.99")
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_2_secret_2")
    assert visit.school.bodies(*_VALIDATE) == [{"code": "SAVE20", "courseId": "PAID-1"}]
    assert visit.school.bodies(*_ENROLL)[-1] == {"courseId": "PAID-1", "couponCode": "SAVE20"}


def test_while_a_coupon_is_applied_nobody_pays_the_old_price(visit: Visit) -> None:
    """The old form takes no clicks and the field no second code until the new form is there."""
    visit.school.script(*_VALIDATE, _quote(3000))
    page = _open(visit)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/enrollments", hold)
    with page.expect_request("**/api/enrollments"):
        _apply(page)
    expect(page.get_by_test_id("checkout-mount")).to_have_attribute("inert", "")
    expect(page.get_by_test_id("coupon-apply")).to_be_disabled()
    visit.school.script(*_ENROLL, _DISCOUNTED)
    held[0].continue_()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_2_secret_2")
    expect(page.get_by_test_id("checkout-mount")).not_to_have_attribute("inert", "")


def test_a_refused_coupon_says_why_and_leaves_the_form_alone(visit: Visit) -> None:
    """The reason stands under the field, the field has the focus, and no second checkout is opened."""
    refused = {
        "isValid": False,
        "reason": "coupon_expired",
        "discountAmount": 0,
        "finalAmount": 14999,
        "currency": "usd",
    }
    visit.school.script(*_VALIDATE, Reply(200, refused))
    page = _open(visit)
    _apply(page)
    expect(page.get_by_test_id("coupon-message")).to_have_text("This code has expired.")
    expect(page.get_by_test_id("coupon-input")).to_be_focused()
    expect(page.get_by_test_id("coupon-input")).to_have_attribute("aria-invalid", "true")
    assert len(visit.school.bodies(*_ENROLL)) == 1


def test_what_cannot_be_a_code_is_not_even_asked(visit: Visit) -> None:
    """Empty and impossible codes are answered by the page."""
    page = _open(visit)
    _apply(page, "")
    expect(page.get_by_test_id("coupon-message")).to_have_text("Please enter a code.")
    _apply(page, "no spaces")
    expect(page.get_by_test_id("coupon-message")).to_have_text("We do not know this code.")
    assert visit.school.bodies(*_VALIDATE) == []


def test_a_coupon_lost_between_check_and_use_brings_the_full_price_back(visit: Visit) -> None:
    """Another buyer took the last use: the page says so and reopens the checkout without it."""
    visit.school.script(*_VALIDATE, _quote(3000))
    page = _open(visit)
    lost = refusal(422, "This coupon has been used up.", "coupon_exhausted")
    visit.school.script(*_ENROLL, lost, Reply(201, {**PENDING, "clientSecret": "cs_test_3_secret_3"}))
    _apply(page)
    expect(page.get_by_test_id("coupon-message")).to_have_text("This coupon has been used up.")
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_3_secret_3")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$149.99")


def test_a_coupon_for_the_whole_price_enrolls_without_a_form(visit: Visit) -> None:
    """The form goes, the total is zero, and the student says yes before anything is enrolled."""
    visit.school.script(*_VALIDATE, _quote(14999))
    page = _open(visit)
    _apply(page, "all-free")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$0.00")
    expect(page.get_by_test_id("checkout-mount")).to_be_hidden()
    assert len(visit.school.bodies(*_ENROLL)) == 1
    visit.school.script(*_ENROLL, _ACTIVE)
    page.get_by_role("button", name="Enroll now").click()
    expect(page.get_by_role("heading", name="You are enrolled")).to_be_visible()


def test_a_busy_provider_is_asked_again_and_then_left_to_the_student(visit: Visit) -> None:
    """A 503 is retried by itself; when it lasts, the API's sentence and a button stand there."""
    busy = refusal(503, "The payment provider is not available right now.", "provider_unavailable", retry_after="0")
    visit.school.script(*_ENROLL, busy)
    visit.page.clock.install()
    visit.sign_in()
    page = visit.open(_ADDRESS)
    expect(page.get_by_text("The payment service is busy.")).to_be_visible()
    visit.hurry(lambda: len(visit.school.bodies(*_ENROLL)) == 3)
    expect(page.get_by_role("alert")).to_contain_text("The payment provider is not available right now.")
    assert len(visit.school.bodies(*_ENROLL)) == 3
    visit.school.script(*_ENROLL, Reply(201, PENDING))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")


def test_a_payment_under_review_offers_no_second_try(visit: Visit) -> None:
    """Where paying again would be wrong, there is a sentence and no button."""
    visit.school.script(*_ENROLL, refusal(409, "Please do not pay again.", "payment_in_review"))
    visit.sign_in()
    page = visit.open(_ADDRESS)
    expect(page.get_by_role("alert")).to_contain_text("Please do not pay again.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_form_that_does_not_load_can_be_tried_again(visit: Visit) -> None:
    """A blocked Stripe.js is said in words, and the next try loads it anew."""
    visit.sign_in()
    blocked = "**/endive/stripe.js"
    visit.page.route(blocked, lambda route: route.abort())
    page = visit.open(_ADDRESS)
    expect(page.get_by_role("alert")).to_contain_text("The payment form could not be loaded.")
    page.unroute(blocked)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")


@pytest.mark.parametrize(
    ("course_id", "heading"),
    [("FREE-1", "This course is free"), ("SOON-1", "Coming soon"), ("PAID-1", "You are enrolled")],
)
def test_where_there_is_nothing_to_pay_the_page_says_so(visit: Visit, course_id: str, heading: str) -> None:
    """Free, announced and already owned courses show no form and lead back to the dashboard."""
    visit.school.script(*_ENROLL, _ACTIVE)
    visit.sign_in()
    page = visit.open(f"checkout.html?courseId={course_id}")
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_test_id("checkout-mount")).to_have_count(0)
    expect(page.get_by_role("link", name="Go to your dashboard")).to_be_visible()


def test_an_unknown_course_is_not_tried_again(visit: Visit) -> None:
    """A 404 is final: the sentence, and the way back to the courses."""
    visit.school.script("GET", "/api/courses/NONE", refusal(404, "There is no such course.", "course_not_found"))
    visit.sign_in()
    page = visit.open("checkout.html?courseId=NONE")
    expect(page.get_by_role("alert")).to_contain_text("There is no such course.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    expect(page.get_by_role("link", name="All courses")).to_be_visible()


def test_a_checkout_that_timed_out_can_be_started_again(visit: Visit) -> None:
    """After expiresAt the page offers a new start and takes nothing away from who is still typing."""
    visit.school.script(*_ENROLL, Reply(201, {**PENDING, "expiresAt": "2026-01-01T00:40:00Z"}))
    visit.page.clock.install(time="2026-01-01T00:00:00Z")
    page = _open(visit)
    page.clock.fast_forward("41:00")
    expect(page.get_by_text("probably timed out")).to_be_visible()
    visit.school.script(*_ENROLL, Reply(201, {**PENDING, "clientSecret": "cs_test_4_secret_4"}))
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_4_secret_4")
