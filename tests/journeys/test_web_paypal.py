"""Paying with PayPal in a browser: the choice, PayPal's page, and every way back from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.stack.running_stack import PAID, LiveSchool
from tests.support.stack.shopper import PATIENCE, Shopper

pytestmark = [pytest.mark.browser, pytest.mark.journey]

_TITLE = "You are enrolled"


@pytest.fixture
def shopper(browser: Browser, school: LiveSchool) -> Iterator[Shopper]:
    """Somebody who has signed in and stands at the checkout."""
    expect.set_options(timeout=PATIENCE)
    profile = browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
    shopper = Shopper(profile.new_page(), school.stack.web_url)
    shopper.sign_in(school.user("Paula Paypal"))
    shopper.page.goto(f"{shopper.site}/checkout.html?courseId={PAID}")
    expect(shopper.form.get_by_test_id("pay")).to_contain_text("$149.99")
    yield shopper
    assert shopper.problems == []
    profile.close()


def at_paypal(shopper: Shopper) -> Page:
    """PayPal is chosen, and PayPal's page is there with the price."""
    shopper.see("provider-paypal").check()
    shopper.see("go-to-provider").click()
    shopper.page.wait_for_url("**/checkoutnow?token=*")
    expect(shopper.page.get_by_text("149.99 USD")).to_be_visible()
    return shopper.page


def test_paying_with_paypal_enrolls(shopper: Shopper) -> None:
    """Chosen, confirmed there, and enrolled on the way back."""
    page = at_paypal(shopper)
    page.get_by_role("button", name="Pay now").click()
    page.wait_for_url("**/return.html?token=*")
    expect(page.get_by_role("heading", level=1)).to_have_text(_TITLE)
    expect(page.get_by_test_id("order-number")).to_be_visible()


def test_a_refund_at_paypal_shows_on_the_purchases(shopper: Shopper, school: LiveSchool) -> None:
    """Somebody of the school has made it on paypal.com."""
    page = at_paypal(shopper)
    page.get_by_role("button", name="Pay now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(_TITLE)
    paypal = school.stack.paypal
    assert paypal is not None
    [capture] = list(paypal.account.orders.values())[-1].captures
    paypal.account.refund(capture["id"], {"amount": {"value": "50.00"}})
    assert paypal.deliveries.drained()
    page.goto(f"{shopper.site}/purchases.html")
    purchase = page.get_by_role("list", name="Purchases").get_by_role("listitem")
    expect(purchase).to_contain_text("Partly refunded")
    expect(purchase).to_contain_text("$149.99")


def test_a_declined_payment_can_be_made_another_way(shopper: Shopper, school: LiveSchool) -> None:
    """The return page says that nothing was paid, and leads back to the same checkout at PayPal."""
    assert school.stack.paypal is not None
    school.stack.paypal.deliveries.lost = 99
    page = at_paypal(shopper)
    page.get_by_role("button", name="Pay with a card that is declined").click()
    page.wait_for_url("**/return.html?token=*")
    page.get_by_role("link", name="Back to checkout").click()
    expect(shopper.see("provider-paypal")).to_be_checked()
    shopper.see("go-to-provider").click()
    page.get_by_role("button", name="Pay now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(_TITLE)
    school.stack.paypal.deliveries.lost = 0


def test_who_cancels_at_paypal_can_still_buy_by_card(shopper: Shopper) -> None:
    """Back at the school, the checkout is there again, and so is the choice."""
    page = at_paypal(shopper)
    page.get_by_role("button", name="Cancel and return to the school").click()
    page.wait_for_url("**/dashboard.html?token=*")
    page.goto(f"{shopper.site}/checkout.html?courseId={PAID}")
    expect(shopper.see("provider-paypal")).to_be_checked()
    shopper.see("provider-stripe").check()
    expect(shopper.form.get_by_test_id("pay")).to_contain_text("$149.99")


def test_who_approves_and_closes_the_tab_is_enrolled(shopper: Shopper, school: LiveSchool) -> None:
    """PayPal's event is enough."""
    page = at_paypal(shopper)
    page.get_by_role("button", name="Approve, and close the tab").click()
    expect(page.get_by_role("status")).to_have_text("Approved. You may close this tab.")
    assert school.stack.paypal is not None
    assert school.stack.paypal.deliveries.drained()
    page.goto(f"{shopper.site}/checkout.html?courseId={PAID}")
    expect(shopper.see("checkout-outcome")).to_contain_text(_TITLE)
