"""A stranger's way in, on the real pages: an account, its code, a new password, and what was chosen before."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.stack.running_stack import FREE, PAID, LiveSchool
from tests.support.stack.shopper import PATIENCE, Shopper, expect_green

pytestmark = [pytest.mark.browser, pytest.mark.journey]

_PASSWORD = "Ferris-wheel-7"


@pytest.fixture
def shopper(browser: Browser, school: LiveSchool) -> Iterator[Shopper]:
    """A stranger with an own browser; the visit must end without script errors or breaches of the page's policy."""
    expect.set_options(timeout=PATIENCE)
    context = browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
    visitor = Shopper(context.new_page(), school.stack.web_url)
    yield visitor
    context.close()
    assert visitor.problems == []


def _address() -> str:
    return f"{uuid.uuid4().hex[:8]}@example.com"


def _code_for(school: LiveSchool, email: str) -> str:
    return next(mail.code for mail in school.stack.aws.accounts.mails if mail.to == email)


def _sign_up(shopper: Shopper, school: LiveSchool, email: str) -> None:
    shopper.see("signup-name").fill("Nora New")
    shopper.see("signup-email").fill(email)
    shopper.see("signup-password").fill(_PASSWORD)
    shopper.see("signup-submit").click()
    shopper.see("confirm-code").fill("0")
    shopper.see("confirm-submit").click()
    expect(shopper.page.get_by_role("alert")).to_contain_text("not the one that we sent")
    shopper.see("confirm-code").fill(_code_for(school, email))
    shopper.see("confirm-submit").click()


def test_a_stranger_chooses_a_free_course_makes_an_account_and_is_in_it(shopper: Shopper, school: LiveSchool) -> None:
    """From the storefront to the first lesson without anybody's help; a wrong code is refused on the way."""
    page = shopper.page
    page.goto(shopper.site)
    page.get_by_role("link", name="Introduction to Web Development").click()
    shopper.see(f"enroll-{FREE}").click()
    _sign_up(shopper, school, _address())
    expect_green(shopper.badge(FREE))
    shopper.see(f"learn-{FREE}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What happens when you open a page")
    shopper.see("mark-done").click()
    expect(page.locator("#outline")).to_contain_text("1 of 11 lessons done")
    page.reload()
    expect(shopper.see("lesson-M1-V1")).to_have_class("is-done")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your tools: editor, browser, terminal")


def test_a_link_with_a_code_leads_a_stranger_to_the_discounted_checkout(shopper: Shopper, school: LiveSchool) -> None:
    """Course and discount wait behind sign-up, and stay when the session ends in between."""
    code = school.coupon()
    email = _address()
    shopper.page.goto(f"{shopper.site}/course.html?id={PAID}&code={code}")
    shopper.see(f"enroll-{PAID}").click()
    expect(shopper.page.get_by_text("You are about to buy")).to_be_visible()
    shopper.see("to-signup").click()
    _sign_up(shopper, school, email)
    expect(shopper.see("checkout-total")).to_have_text("$119.99")
    expect(shopper.form.get_by_test_id("pay")).to_contain_text("$119.99")
    shopper.sign_out()
    expect(shopper.page).to_have_url(re.compile("index"))
    shopper.page.goto(f"{shopper.site}/checkout.html?courseId={PAID}")
    shopper.see("signin-email").fill(email)
    shopper.see("signin-password").fill(_PASSWORD)
    shopper.see("signin-submit").click()
    expect(shopper.see("checkout-total")).to_have_text("$119.99")


def test_a_forgotten_password_is_replaced(shopper: Shopper, school: LiveSchool) -> None:
    """With the code of the e-mail; the old password does not work any more."""
    email = school.user("Fred Forgetful")
    shopper.page.goto(f"{shopper.site}/signin.html")
    shopper.see("signin-email").fill(email)
    shopper.page.get_by_role("button", name="Forgot your password?").click()
    shopper.see("forgot-submit").click()
    shopper.see("reset-password").fill(_PASSWORD)
    shopper.see("reset-code").fill(_code_for(school, email))
    shopper.see("reset-submit").click()
    expect(shopper.page).to_have_url(re.compile("dashboard"))
    shopper.sign_out()
    expect(shopper.page).to_have_url(re.compile("index"))
    shopper.page.goto(f"{shopper.site}/signin.html")
    shopper.see("signin-email").fill(email)
    shopper.see("signin-password").fill("Learn-2026!")
    shopper.see("signin-submit").click()
    expect(shopper.page.get_by_role("alert")).to_contain_text("do not match")


def test_a_session_that_was_signed_out_cannot_be_renewed(shopper: Shopper, school: LiveSchool) -> None:
    """What was copied from the browser before is worth nothing at the user pool afterwards."""
    shopper.sign_in(school.user("Lena Leaving"))
    session = shopper.page.evaluate("JSON.parse(localStorage.getItem('learnermax.session'))")
    shopper.sign_out()
    expect(shopper.page).to_have_url(re.compile("index"))
    cognito = school.stack.clients("cognito-idp")
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        cognito.initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH",
            ClientId=school.stack.account.client_id,
            AuthParameters={"REFRESH_TOKEN": session["refreshToken"]},
        )
