"""What becomes of a payment, as its student reads it: every outcome, with each part of the school down in between."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from scripts.aws_emulator.faults import INTERNAL_ERROR, Fault
from scripts.stack.aws_resources import PASSWORD
from tests.support.stack.running_stack import CHALLENGED, DEBIT, FREE, OTHER_PAID, PAID, VISA, LiveSchool
from tests.support.stack.shopper import PATIENCE, Shopper

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser, on a phone."""
    expect.set_options(timeout=PATIENCE)
    profile = browser.new_context(
        locale="en-US", timezone_id="UTC", reduced_motion="reduce", viewport={"width": 390, "height": 844}
    )
    yield profile
    profile.close()


@pytest.fixture
def shopper(context: BrowserContext, school: LiveSchool) -> Shopper:
    """Somebody who has signed in and stands at the checkout."""
    buyer = Shopper(context.new_page(), school.stack.web_url)
    buyer.sign_in(school.user("Olga Outcome"))
    buyer.page.goto(f"{buyer.site}/checkout.html?courseId={PAID}")
    expect(buyer.form.get_by_test_id("pay")).to_contain_text("$149.99")
    return buyer


def open_checkout(school: LiveSchool) -> str:
    """Stripe's id of the checkout that was opened last."""
    with school.emulator.account.lock:
        return str(list(school.emulator.account.checkouts.values())[-1].body["id"])


def pay_by_debit(shopper: Shopper) -> None:
    """Choose the bank debit in the form, and send it."""
    shopper.form.get_by_text("Bank debit").click()
    shopper.form.locator("#accountNumber").fill(DEBIT)
    shopper.form.get_by_test_id("pay").click()
    shopper.page.wait_for_url("**/return.html?session_id=cs_test_*")
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text("Your bank is confirming the payment")


def test_who_fails_to_prove_who_they_are_can_pay_with_another_card(shopper: Shopper) -> None:
    """3-D Secure: the bank's question is not answered, nothing is charged, and the same form takes the next card."""
    shopper.type_card(CHALLENGED)
    shopper.form.get_by_test_id("challenge-fail").click()
    expect(shopper.form.get_by_test_id("error")).to_be_visible()
    shopper.type_card(VISA)
    shopper.page.wait_for_url("**/return.html?session_id=cs_test_*")
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text("You are enrolled")
    assert shopper.problems == []


def test_a_bank_debit_is_waited_for_and_arrives(shopper: Shopper, school: LiveSchool) -> None:
    """Wherever the course stands, the student reads that the bank is confirming, and is not asked to pay again."""
    checkout = open_checkout(school)
    pay_by_debit(shopper)
    school.hear()
    page = shopper.page
    page.goto(f"{shopper.site}/purchases.html")
    expect(page.get_by_text("Bank is confirming")).to_be_visible()
    page.goto(f"{shopper.site}/index.html")
    expect(shopper.see(f"standing-{PAID}")).to_have_text("Bank is confirming")
    expect(shopper.see(f"price-{PAID}")).to_have_count(0)
    page.goto(f"{shopper.site}/checkout.html?courseId={PAID}")
    expect(shopper.see("checkout-outcome")).to_contain_text("Nothing to pay now")
    school.emulator.control.settle_delayed(checkout, "succeeded")
    school.hear()
    page.goto(f"{shopper.site}/dashboard.html")
    expect(shopper.badge(PAID)).to_be_visible()
    assert shopper.problems == []


def test_a_bank_that_says_no_is_told_as_that(shopper: Shopper, school: LiveSchool) -> None:
    """Days later, on the page of the payment and among the purchases; paying another way is one press away."""
    checkout = open_checkout(school)
    pay_by_debit(shopper)
    school.hear()
    school.emulator.control.settle_delayed(checkout, "failed")
    school.hear()
    page = shopper.page
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("The payment did not go through")
    page.get_by_role("link", name="See my purchases").click()
    expect(page.get_by_text("Payment failed")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Back to checkout").click()
    shopper.type_card(VISA)
    expect(page.get_by_role("heading", level=1)).to_have_text("You are enrolled")
    assert shopper.problems == []


def test_a_payment_in_doubt_is_decided_and_the_student_reads_what_came_of_it(
    context: BrowserContext, shopper: Shopper, school: LiveSchool
) -> None:
    """Another amount came than agreed: a person of the school gives it back, in the browser, once."""
    school.emulator.control.tamper(open_checkout(school), {"amount_total": 100})
    shopper.type_card(VISA)
    page = shopper.page
    expect(page.get_by_role("heading", level=1)).to_have_text("We received your payment")
    number = str(shopper.see("order-number").text_content())
    page.get_by_role("link", name="See my purchases").click()
    expect(shopper.see(f"purchase-{number}")).to_contain_text("You do not need to pay again")

    browser = context.browser
    assert browser is not None
    with browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce") as desk:
        office = Shopper(desk.new_page(), school.stack.web_url)
        office.sign_in("admin@example.com")
        office.see("to-office").click()
        office.see(f"review-{number}").click()
        expect(office.page.get_by_text("Another amount than agreed").first).to_be_visible()
        office.see("note").fill("Given back, the student may pay anew.")
        office.see("resolve").dblclick()
        expect(office.page.get_by_text("Decided: refund it")).to_be_visible()
        expect(office.page.get_by_text("by you").first).to_be_visible()
        assert office.problems == []
    school.hear()

    page.reload()
    expect(shopper.see(f"purchase-{number}")).to_have_attribute("data-state", "refunded")
    expect(shopper.see(f"purchase-{number}")).not_to_contain_text("You do not need to pay again")
    assert shopper.problems == []


def test_without_a_single_webhook_who_paid_is_enrolled(shopper: Shopper, school: LiveSchool) -> None:
    """The page that the student comes back to is enough."""
    school.stripe_faults(webhooks={"drop": True})
    shopper.type_card(VISA)
    shopper.page.wait_for_url("**/return.html?session_id=cs_test_*")
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text("You are enrolled")
    expect(shopper.see("return-state")).to_contain_text("$149.99")


def test_a_checkout_that_is_over_is_begun_anew(shopper: Shopper, school: LiveSchool) -> None:
    """Its time has passed while the tab was out of sight: the page says so, and one press opens another."""
    school.emulator.control.expire(open_checkout(school))
    school.hear()
    shopper.page.evaluate("void dispatchEvent(new Event('focus'))")
    shopper.page.get_by_role("button", name="Start again").click()
    expect(shopper.form.get_by_test_id("pay")).to_contain_text("$149.99")
    shopper.type_card(VISA)
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text("You are enrolled")


def test_a_school_that_is_down_says_so_and_recovers_in_place(shopper: Shopper, school: LiveSchool) -> None:
    """Nothing can be read for a while: a kind sentence, no dead end, and the same page works again."""
    page = shopper.page
    expect(page.locator('[data-slot="initials"]')).not_to_be_empty()
    school.stack.aws.faults.add(Fault(operation="dynamodb:*", error=INTERNAL_ERROR, times=None))
    page.goto(f"{shopper.site}/purchases.html")
    again = page.get_by_role("button", name="Try again")
    again.wait_for(timeout=4 * PATIENCE)  # it has been tried several times by then
    expect(page.get_by_role("alert")).to_contain_text("try again")
    school.stack.aws.faults.clear()
    again.click()
    expect(page.get_by_text("Waiting for payment")).to_be_visible()


def test_while_stripe_is_silent_nothing_is_charged_and_the_form_comes_later(
    context: BrowserContext, school: LiveSchool
) -> None:
    """The first tries are lost; the page goes on by itself or offers to."""
    buyer = Shopper(context.new_page(), school.stack.web_url)
    buyer.sign_in(school.user("Silvia Silent"))
    school.stripe_loses("drop_connection", "drop_connection")
    buyer.page.goto(f"{buyer.site}/checkout.html?courseId={OTHER_PAID}")
    expect(buyer.page.get_by_text("nothing has been charged")).to_be_visible()
    expect(buyer.form.get_by_test_id("pay")).to_contain_text("$99.99")


def with_an_ended_session(page: Page) -> str:
    """Let the tokens of whoever is signed in be worth nothing any more; their e-mail address."""
    email: str = page.evaluate(
        """() => {
            const session = JSON.parse(localStorage.getItem("learnermax.session"));
            const claims = JSON.parse(atob(session.idToken.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
            const over = { ...session, expiresAt: 0, refreshToken: "none" };
            localStorage.setItem("learnermax.session", JSON.stringify(over));
            return claims.email;
        }"""
    )
    return email


def test_on_a_public_page_whose_session_has_ended_is_a_visitor(shopper: Shopper, school: LiveSchool) -> None:
    """The course is shown all the same, with the way to sign in."""
    with_an_ended_session(shopper.page)
    shopper.page.goto(f"{shopper.site}/course.html?id={FREE}")
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text("Introduction to Web Development")
    expect(shopper.page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    expect(shopper.page.get_by_role("button", name="Start for free").first).to_be_visible()


def test_a_session_that_has_ended_leads_back_to_the_same_page(shopper: Shopper, school: LiveSchool) -> None:
    """The tokens are worth nothing any more: signing in again goes on where one was."""
    page = shopper.page
    email = with_an_ended_session(page)
    page.goto(f"{shopper.site}/learn.html?id={FREE}")
    expect(page.get_by_text("Your session has ended. Please sign in again.")).to_be_visible()
    shopper.see("signin-email").fill(email)
    shopper.see("signin-password").fill(PASSWORD)
    shopper.see("signin-submit").click()
    expect(page).to_have_url(re.compile(f"learn.html\\?id={FREE}"))
    expect(page.get_by_text("You are not enrolled in this course")).to_be_visible()
