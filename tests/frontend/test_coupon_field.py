"""The discount code on the checkout page: checked, applied, kept, lost and removed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import PENDING, Reply, refusal

pytestmark = pytest.mark.browser

_ENROLL = ("POST", "/api/enrollments")
_VALIDATE = ("POST", "/api/payments/coupons/validate")
_ACTIVE = Reply(200, {"status": "active", "enrollment": {"courseId": "PAID-1"}})
_DISCOUNTED = Reply(201, {**PENDING, "clientSecret": "cs_test_2_secret_2", "discountAmount": 3000})


def _quote(discount: int) -> Reply:
    return Reply(200, {"isValid": True, "discountAmount": discount, "finalAmount": 14999 - discount, "currency": "usd"})


def _apply(page: Page, code: str = "save20") -> None:
    if not page.get_by_test_id("coupon-input").is_visible():
        page.get_by_test_id("coupon-open").click()
    page.get_by_test_id("coupon-input").fill(code)
    page.get_by_test_id("coupon-apply").click()


def _open_with_coupon(visit: Visit) -> Page:
    visit.school.script(*_VALIDATE, _quote(3000))
    page = visit.open_checkout()
    visit.school.script(*_ENROLL, _DISCOUNTED)
    _apply(page)
    expect(page.get_by_test_id("checkout-total")).to_have_text("$119.99")
    return page


def test_an_applied_coupon_replaces_the_form_and_shows_the_discount(visit: Visit) -> None:
    """The old form is destroyed before the new one, and what the checkout charges is what the page shows."""
    page = _open_with_coupon(visit)
    expect(page.get_by_test_id("coupon-message")).to_have_text("SAVE20 applied: you save $30.00.")
    expect(page.get_by_test_id("checkout-discount")).to_have_text("\u2212$30.00")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$119.99")
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_2_secret_2")
    assert visit.school.bodies(*_VALIDATE) == [{"code": "SAVE20", "courseId": "PAID-1"}]
    assert visit.school.bodies(*_ENROLL)[-1] == {"courseId": "PAID-1", "couponCode": "SAVE20"}


def test_while_a_coupon_is_applied_nobody_pays_the_old_price(visit: Visit) -> None:
    """The old form takes no clicks and the field no second code until the new form is there."""
    visit.school.script(*_VALIDATE, _quote(3000))
    page = visit.open_checkout()
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
    page = visit.open_checkout()
    _apply(page)
    expect(page.get_by_test_id("coupon-message")).to_have_text("This code has expired.")
    expect(page.get_by_test_id("coupon-input")).to_be_focused()
    expect(page.get_by_test_id("coupon-input")).to_have_attribute("aria-invalid", "true")
    assert len(visit.school.bodies(*_ENROLL)) == 1


def test_what_cannot_be_a_code_is_not_even_asked(visit: Visit) -> None:
    """Empty and impossible codes are answered by the page."""
    page = visit.open_checkout()
    _apply(page, "")
    expect(page.get_by_test_id("coupon-message")).to_have_text("Please enter a code.")
    _apply(page, "no spaces")
    expect(page.get_by_test_id("coupon-message")).to_have_text("We do not know this code.")
    assert visit.school.bodies(*_VALIDATE) == []


def test_a_coupon_lost_between_check_and_use_brings_the_full_price_back(visit: Visit) -> None:
    """Another buyer took the last use: the page says so and reopens the checkout without it."""
    visit.school.script(*_VALIDATE, _quote(3000))
    page = visit.open_checkout()
    lost = refusal(422, "This coupon has been used up.", "coupon_exhausted")
    visit.school.script(*_ENROLL, lost, Reply(201, {**PENDING, "clientSecret": "cs_test_3_secret_3"}))
    _apply(page)
    expect(page.get_by_test_id("coupon-message")).to_have_text("This coupon has been used up.")
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_3_secret_3")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$149.99")


def test_a_coupon_for_the_whole_price_enrolls_without_a_form(visit: Visit) -> None:
    """The form goes, the total is zero, and the student says yes before anything is enrolled."""
    visit.school.script(*_VALIDATE, _quote(14999))
    page = visit.open_checkout()
    _apply(page, "all-free")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$0.00")
    expect(page.get_by_test_id("checkout-mount")).to_be_hidden()
    expect(page.get_by_text("Test mode.")).to_be_hidden()
    assert len(visit.school.bodies(*_ENROLL)) == 1
    visit.school.script(*_ENROLL, _ACTIVE)
    page.get_by_role("button", name="Enroll now").click()
    expect(page.get_by_role("heading", name="You are enrolled")).to_be_focused()


def test_a_free_enrollment_is_sent_once_and_said_to_be_under_way(visit: Visit) -> None:
    """Until the API has answered the button says what happens, and takes no second click."""
    visit.school.script(*_VALIDATE, _quote(14999))
    page = visit.open_checkout()
    _apply(page, "all-free")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/enrollments", hold)
    with page.expect_request("**/api/enrollments"):
        page.get_by_role("button", name="Enroll now").click()
    page.get_by_role("button", name="Enrolling…").click(force=True)
    visit.school.script(*_ENROLL, _ACTIVE)
    held[0].continue_()
    expect(page.get_by_role("heading", name="You are enrolled")).to_be_visible()
    assert len(held) == 1


def test_who_takes_back_a_code_for_the_whole_price_pays_again(visit: Visit) -> None:
    """The form returns, and with it the card to try it with."""
    visit.school.script(*_VALIDATE, _quote(14999))
    page = visit.open_checkout()
    _apply(page, "all-free")
    page.get_by_test_id("coupon-remove").click()
    expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")
    expect(page.get_by_text("Test mode.")).to_be_visible()
    expect(page.get_by_role("button", name="Enroll now")).to_be_hidden()


def test_the_discount_is_read_as_one(visit: Visit) -> None:
    """To a screen reader it is the line "Discount", with an amount whose sign is the one that is spoken."""
    page = _open_with_coupon(visit)
    spoken = page.get_by_test_id("order").aria_snapshot()
    lines = [line.strip() for line in spoken.splitlines()]
    at = lines.index("- term: Discount")
    assert lines[at + 1] == "- definition: \u2212$30.00"


def _open_session(**more: object) -> Reply:
    session = {"id": "ps_1", "courseId": "PAID-1", "status": "pending", "couponCode": "SAVE20", "uiMode": "embedded"}
    return Reply(200, [{**session, **more}])


def test_a_discount_is_kept_by_the_school_and_not_by_the_tab(visit: Visit) -> None:
    """Another tab, device or session goes on with the terms of the open checkout; and they can be left."""
    visit.school.script("GET", "/api/payments/sessions", _open_session())
    visit.school.script(*_VALIDATE, _quote(3000))
    visit.school.script(*_ENROLL, _DISCOUNTED)
    visit.school.features = {"coupons": True}
    visit.sign_in()
    page = visit.open("checkout.html?courseId=PAID-1")
    expect(page.get_by_test_id("coupon-message")).to_have_text("SAVE20 applied: you save $30.00.")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$119.99")
    assert visit.school.bodies(*_ENROLL) == [{"courseId": "PAID-1", "couponCode": "SAVE20"}]
    visit.school.script(*_ENROLL, Reply(201, PENDING))
    page.get_by_test_id("coupon-remove").click()
    expect(page.get_by_test_id("checkout-total")).to_have_text("$149.99")
    expect(page.get_by_test_id("coupon-remove")).to_be_hidden()
    assert visit.school.bodies(*_ENROLL)[-1] == {"courseId": "PAID-1"}


def test_a_code_in_the_address_is_applied_and_said(visit: Visit) -> None:
    """A link from a newsletter brings its discount along."""
    visit.school.script(*_VALIDATE, _quote(3000))
    visit.school.script(*_ENROLL, _DISCOUNTED)
    visit.school.features = {"coupons": True}
    visit.sign_in()
    page = visit.open("checkout.html?courseId=PAID-1&code=save20")
    expect(page.get_by_test_id("coupon-message")).to_have_text("SAVE20 applied: you save $30.00.")
    assert visit.school.bodies(*_ENROLL) == [{"courseId": "PAID-1", "couponCode": "SAVE20"}]


def test_a_code_for_the_whole_price_in_the_address_waits_for_a_yes(visit: Visit) -> None:
    """Opening a link never enrolls by itself."""
    visit.school.script(*_VALIDATE, _quote(14999))
    visit.school.features = {"coupons": True}
    visit.sign_in()
    page = visit.open("checkout.html?courseId=PAID-1&code=ALLFREE")
    expect(page.get_by_role("button", name="Enroll now")).to_be_visible()
    assert visit.school.bodies(*_ENROLL) == []


def test_a_kept_coupon_that_ran_out_meanwhile_is_said_and_dropped(visit: Visit) -> None:
    """The code may be gone: the page says why and opens the full price."""
    visit.school.script("GET", "/api/payments/sessions", _open_session())
    visit.school.script(*_VALIDATE, _quote(3000))
    visit.school.script(*_ENROLL, refusal(422, "This coupon has expired.", "coupon_expired"), Reply(201, PENDING))
    visit.school.features = {"coupons": True}
    visit.sign_in()
    page = visit.open("checkout.html?courseId=PAID-1")
    expect(page.get_by_test_id("coupon-message")).to_have_text("This coupon has expired.")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$149.99")


def test_the_code_field_is_folded_away_until_it_is_wanted(visit: Visit) -> None:
    """Nobody is sent off to look for codes; who opens it reads that the form begins anew."""
    page = visit.open_checkout()
    expect(page.get_by_test_id("coupon-input")).to_be_hidden()
    page.get_by_test_id("coupon-open").click()
    expect(page.get_by_test_id("coupon-input")).to_be_visible()
    expect(page.get_by_text("enter the code before your card")).to_be_visible()
