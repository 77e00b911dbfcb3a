"""The school's people and their second factor, on the real pages, with an authenticator app."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from scripts.stack.aws_resources import PASSWORD
from tests.support.stack.authenticator import Authenticator, authenticator
from tests.support.stack.running_stack import LiveSchool
from tests.support.stack.shopper import PATIENCE, Shopper

pytestmark = [pytest.mark.browser, pytest.mark.journey]

_CLOSED = "One step before the school's pages"


@pytest.fixture
def shopper(browser: Browser, school: LiveSchool) -> Iterator[Shopper]:
    """Somebody with an own browser; the visit must end without script errors or breaches of the page's policy."""
    expect.set_options(timeout=PATIENCE)
    context = browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
    visitor = Shopper(context.new_page(), school.stack.web_url)
    yield visitor
    context.close()
    assert visitor.problems == []


@pytest.fixture
def app(school: LiveSchool) -> Iterator[Authenticator]:
    """The authenticator app on their phone."""
    with authenticator(school.stack.aws.accounts.factors) as found:
        yield found


def _register(shopper: Shopper, app: Authenticator) -> None:
    """On the account page: type the key into the app, and the app's first code into the page."""
    shopper.see("factor-begin").click()
    app.secret = shopper.see("factor-key").inner_text().replace(" ", "")
    shopper.see("factor-code").fill(app.wrong_code())
    shopper.see("factor-confirm").click()
    expect(shopper.page.get_by_role("alert")).to_contain_text("not the code that the app shows now")
    shopper.see("factor-code").fill(app.next_code())
    shopper.see("factor-confirm").click()
    expect(shopper.see("factor-is")).to_contain_text("It is on")


def _sign_in_with_code(shopper: Shopper, app: Authenticator, email: str) -> None:
    """The password, a wrong code, the one that was used already, and the one that counts."""
    page = shopper.page
    shopper.sign_out()
    expect(page).to_have_url(re.compile("index"))
    page.goto(f"{shopper.site}/signin.html")
    shopper.see("signin-email").fill(email)
    shopper.see("signin-password").fill(PASSWORD)
    shopper.see("signin-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code of your app")
    for code, sentence in ((app.wrong_code(), "not the code that the app shows"), (app.code(), "used already")):
        shopper.see("factor-code").fill(code)
        shopper.see("factor-submit").click()
        expect(page.get_by_role("alert")).to_contain_text(sentence)
    shopper.see("factor-code").fill(app.next_code())
    shopper.see("factor-submit").click()
    expect(page).to_have_url(re.compile("dashboard"))


def _opens_the_office(shopper: Shopper) -> None:
    shopper.page.goto(f"{shopper.site}/office.html")
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text("Today")
    expect(shopper.see("office-closed")).to_have_count(0)


def test_an_administrator_adds_a_second_factor_and_signs_in_with_it(
    shopper: Shopper, school: LiveSchool, app: Authenticator
) -> None:
    """By their own choice: the office is open before and after; without the code nobody is in any more."""
    email = school.user("Ada Admin", "admin")
    shopper.sign_in(email)
    _opens_the_office(shopper)
    shopper.page.goto(f"{shopper.site}/account.html")
    _register(shopper, app)
    _sign_in_with_code(shopper, app, email)
    _opens_the_office(shopper)


def test_where_it_is_required_the_office_opens_with_it_alone(
    shopper: Shopper, school: LiveSchool, app: Authenticator
) -> None:
    """The API refuses, the page says what is missing and leads to it; with the factor, signing in leads in."""
    email = school.user("Finn Finance", "finance")
    page = shopper.page
    with school.requiring_second_factor():
        shopper.sign_in(email)
        token = page.evaluate("JSON.parse(localStorage.getItem('learnermax.session')).idToken")
        assert school.stranger(token).get("/api/admin/payments").status == 403
        shopper.see("to-office").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(_CLOSED)
        page.get_by_role("link", name="Set up the second factor").click()
        _register(shopper, app)
        page.get_by_role("link", name="To the school's pages").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Today")
        _sign_in_with_code(shopper, app, email)
        _opens_the_office(shopper)
        token = page.evaluate("JSON.parse(localStorage.getItem('learnermax.session')).idToken")
        assert school.stranger(token).get("/api/admin/payments").status == 200


def test_where_it_is_required_of_the_office_students_notice_nothing(shopper: Shopper, school: LiveSchool) -> None:
    """They sign in as ever, and their account page is as ever."""
    email = school.user("Sol Student")
    with school.requiring_second_factor():
        shopper.sign_in(email)
        shopper.page.goto(f"{shopper.site}/account.html")
        expect(shopper.see("account-email")).to_have_text(email)
        expect(shopper.see("factor-panel")).to_be_hidden()


def test_a_lost_phone_is_forgotten_by_an_operator(shopper: Shopper, school: LiveSchool, app: Authenticator) -> None:
    """Afterwards the password is enough to come in and set up a new one; until then the office stays closed."""
    email = school.user("Lou Lost", "admin")
    cognito, pool = school.stack.clients("cognito-idp"), school.stack.account.pool_id
    with school.requiring_second_factor():
        shopper.sign_in(email)
        shopper.page.goto(f"{shopper.site}/account.html")
        _register(shopper, app)
        cognito.admin_set_user_mfa_preference(
            UserPoolId=pool, Username=email, SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False}
        )
        shopper.sign_out()
        expect(shopper.page).to_have_url(re.compile("index"))
        shopper.sign_in(email)
        shopper.page.goto(f"{shopper.site}/office.html")
        expect(shopper.page.get_by_role("heading", level=1)).to_have_text(_CLOSED)
