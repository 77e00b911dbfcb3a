"""Buying as people do it: in two tabs, on two devices, with a clock that is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.support.stack.running_stack import PAID, VISA, LiveSchool
from tests.support.stack.shopper import PATIENCE, Shopper

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser."""
    expect.set_options(timeout=PATIENCE)
    profile = browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
    yield profile
    profile.close()


def _shopper(context: BrowserContext, school: LiveSchool) -> Shopper:
    return Shopper(context.new_page(), school.stack.web_url)


def test_a_tab_left_behind_leads_to_the_discounted_checkout(context: BrowserContext, school: LiveSchool) -> None:
    """A code applied in the second tab ends the first tab's checkout; it notices, and begins anew with the discount."""
    first, second = _shopper(context, school), _shopper(context, school)
    code = school.coupon()
    first.sign_in(school.user("Tilda Tabs"))
    first.page.goto(f"{first.site}/checkout.html?courseId={PAID}")
    expect(first.form.get_by_test_id("pay")).to_contain_text("$149.99")

    second.page.goto(f"{second.site}/checkout.html?courseId={PAID}")
    second.see("coupon-open").click()
    second.see("coupon-input").fill(code)
    second.see("coupon-apply").click()
    expect(second.form.get_by_test_id("pay")).to_contain_text("$119.99")

    first.page.bring_to_front()
    first.page.evaluate("void dispatchEvent(new Event('focus'))")
    expect(first.page.get_by_text("This checkout was replaced")).to_be_visible()
    expect(first.see("checkout-mount")).to_be_hidden()
    first.page.reload()
    expect(first.form.get_by_test_id("pay")).to_contain_text("$119.99")
    assert first.problems == second.problems == []


def test_a_course_paid_in_another_tab_is_not_offered_again(context: BrowserContext, school: LiveSchool) -> None:
    """The tab that still showed the form says that the course is theirs."""
    first = _shopper(context, school)
    first.sign_in(school.user("Peter Paid"))
    first.page.goto(f"{first.site}/checkout.html?courseId={PAID}")
    expect(first.form.get_by_test_id("pay")).to_be_visible()
    with school.emulator.account.lock:
        newest = list(school.emulator.account.checkouts.values())[-1].body
    school.pay(newest["id"], VISA)
    school.hear()
    first.page.evaluate("void dispatchEvent(new Event('focus'))")
    outcome = first.see("checkout-outcome")
    expect(outcome).to_contain_text("You are enrolled")
    outcome.get_by_role("link", name="Start the course").click()
    expect(first.page.get_by_role("heading", level=1)).to_have_text("Accounts, regions, identities")


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wrong_clock_does_not_stand_in_the_way_of_paying(
    context: BrowserContext, school: LiveSchool, hours: int
) -> None:
    """An hour ahead or behind: no warning, the form stays, and the payment enrolls."""
    shopper = _shopper(context, school)
    shopper.page.clock.install()
    shopper.sign_in(school.user("Clara Clock"))
    shopper.page.clock.set_system_time(shopper.page.evaluate("Date.now()") + hours * 3_600_000)
    shopper.page.goto(f"{shopper.site}/checkout.html?courseId={PAID}")
    expect(shopper.form.get_by_test_id("pay")).to_be_visible()
    shopper.page.clock.fast_forward(62_000)
    expect(shopper.see("checkout-mount")).to_be_visible()
    expect(shopper.page.get_by_role("button", name="Start again")).to_have_count(0)
    shopper.type_card(VISA)
    shopper.page.wait_for_url("**/return.html?session_id=cs_test_*")
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text("You are enrolled")
