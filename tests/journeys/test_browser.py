"""The product as a person meets it: the real pages, the real API, Stripe's form, in a headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.stack.running_stack import CHALLENGED, DECLINED, FREE, OTHER_PAID, PAID, SOON, VISA, LiveSchool
from tests.support.stack.shopper import PATIENCE, Shopper, expect_green

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def shopper(browser: Browser, school: LiveSchool) -> Iterator[Shopper]:
    """Somebody new on the sign-in page; the visit must end without script errors or breaches of the page's policy."""
    expect.set_options(timeout=PATIENCE)
    context = browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
    visitor = Shopper(context.new_page(), school.stack.web_url)
    yield visitor
    context.close()
    assert visitor.problems == []


def test_from_signing_in_to_a_paid_course(shopper: Shopper, school: LiveSchool) -> None:
    """Sign in, prices, a free course, a paid one: declined first, then paid in the same form, and the green badges."""
    page, email = shopper.page, school.user("Nell Newcomer")
    shopper.sign_in(email)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="All courses").click()
    expect(shopper.see(f"price-{PAID}")).to_have_text("$149.99")
    expect(shopper.see(f"price-{FREE}")).to_have_text("Free")
    expect(shopper.see(f"price-{SOON}")).to_contain_text("Coming soon")
    page.get_by_role("link", name="Introduction to Web Development").click()
    shopper.see(f"enroll-{FREE}").click()
    expect_green(shopper.badge(FREE))

    shopper.open_course(PAID)
    shopper.see(f"enroll-{PAID}").click()
    page.wait_for_url("**/checkout.html?courseId=*")
    expect(shopper.see("checkout-course")).to_have_text("AWS Cloud Mastery")
    expect(shopper.see("checkout-total")).to_have_text("$149.99")
    expect(shopper.form.get_by_label("Email")).to_have_value(email)
    shopper.type_card(DECLINED)
    expect(shopper.form.get_by_role("alert")).to_have_text("Your card was declined.")
    assert "TEST-COURSE-005" not in enrolled_courses(school, email)

    shopper.type_card(VISA)
    page.wait_for_url("**/return.html?session_id=cs_test_*")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are enrolled")
    expect(shopper.see("return-state")).to_contain_text("$149.99")
    expect(shopper.see("order-number")).to_contain_text("ps_")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="My courses").click()
    expect_green(shopper.badge(PAID))
    expect_green(shopper.badge(FREE))
    assert enrolled_courses(school, email) == {FREE, PAID}


def test_a_coupon_shows_before_paying_and_on_the_purchases(shopper: Shopper, school: LiveSchool) -> None:
    """The discount stands in the summary and in Stripe's form before the card is asked for; a wrong code says so."""
    code = school.coupon(maxUses=1)
    shopper.sign_in(school.user("Cora Coupon"))
    shopper.open_course(OTHER_PAID)
    shopper.see(f"enroll-{OTHER_PAID}").click()
    shopper.see("coupon-open").click()
    shopper.see("coupon-input").fill("NO-SUCH-CODE")
    shopper.see("coupon-apply").click()
    expect(shopper.see("coupon-message")).not_to_be_empty()
    expect(shopper.see("checkout-total")).to_have_text("$99.99")

    shopper.see("coupon-input").fill(code.lower())
    shopper.see("coupon-apply").click()
    expect(shopper.see("checkout-discount")).to_contain_text("$20.00")
    expect(shopper.see("checkout-total")).to_have_text("$79.99")
    expect(shopper.form.get_by_test_id("discount")).to_contain_text("$20.00")
    expect(shopper.form.get_by_test_id("pay")).to_contain_text("$79.99")
    shopper.type_card(CHALLENGED)
    shopper.form.get_by_test_id("challenge-complete").click()
    shopper.page.wait_for_url("**/return.html?session_id=cs_test_*")
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text("You are enrolled")

    shopper.page.get_by_role("link", name="See my purchases").click()
    purchases = shopper.page.get_by_role("list", name="Purchases").get_by_role("listitem")
    expect(purchases).to_have_count(1)
    for text in ("Full-Stack Development Bootcamp", "Paid", "$79.99", "$99.99", code):
        expect(purchases).to_contain_text(text)
    # The checkout without the coupon, which the one with it superseded.
    expect(shopper.page.get_by_text("1 checkout that ended without a payment")).to_be_visible()


def test_a_checkout_is_cancelled_on_the_purchases(shopper: Shopper, school: LiveSchool) -> None:
    """A checkout that was left open is listed as waiting, is cancelled there, and cannot be paid any more."""
    shopper.sign_in(school.user("Carl Canceller"))
    shopper.open_course(PAID)
    shopper.see(f"enroll-{PAID}").click()
    expect(shopper.form.get_by_test_id("pay")).to_be_visible()
    shopper.page.get_by_role("link", name="Purchases").click()
    purchase = shopper.page.get_by_role("listitem").filter(has_text="AWS Cloud Mastery")
    expect(purchase).to_contain_text("Waiting for payment")
    purchase.get_by_role("button", name="Cancel").click()
    expect(purchase).to_contain_text("Nothing was charged.")
    expect(purchase.get_by_role("button", name="Cancel")).to_have_count(0)
    with school.emulator.account.lock:
        newest = list(school.emulator.account.checkouts.values())[-1].body
    assert newest["status"] == "expired"


def enrolled_courses(school: LiveSchool, email: str) -> set[str]:
    """The courses that somebody is in, by what is stored."""
    items = school.storage.items()
    owner = next(item["PK"] for item in items if item.get("email") == email)
    return {item["courseId"] for item in items if item["PK"] == owner and item["SK"].startswith("COURSE#")}
