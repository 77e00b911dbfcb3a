"""The ways in: signing in, making an account, codes, passwords; staying signed in, and signing out."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import FREE, Reply, refusal, tokens
from tests.support.waiting import until

pytestmark = pytest.mark.browser

_INITIATE = ("POST", "/cognito/InitiateAuth")
_UNAUTHORIZED = refusal(401, "Your session has ended.", "unauthorized")
_ENROLL = ("POST", "/api/enrollments")
_ACTIVE = Reply(201, {"status": "active", "enrollment": {"courseId": "FREE-1", "paymentStatus": "free", "progress": 0}})
_GOOD = "Str0ng-enough"


def _no(kind: str, message: str = "secret detail") -> Reply:
    return Reply(400, {"__type": kind, "message": message})


def _submit(page: Page, password: str = "right") -> None:
    page.get_by_test_id("signin-email").fill(" ada@example.com ")
    page.get_by_test_id("signin-password").fill(password)
    page.get_by_test_id("signin-submit").click()


def _sign_up(page: Page) -> None:
    page.get_by_test_id("to-signup").click()
    page.get_by_test_id("signup-name").fill("Ada Lovelace")
    page.get_by_test_id("signup-email").fill("ada@example.com")
    page.get_by_test_id("signup-password").fill(_GOOD)
    page.get_by_test_id("signup-submit").click()


def test_signing_in_leads_to_the_students_courses(visit: Visit) -> None:
    """The password goes to Cognito in its own call, and the ID token to the API as bearer."""
    page = visit.open("signin.html")
    _submit(page)
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    expect(page.get_by_title("Signed in as Ada Lovelace")).to_be_visible()
    assert visit.school.bodies(*_INITIATE) == [
        {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": "client-1",
            "AuthParameters": {"USERNAME": "ada@example.com", "PASSWORD": "right"},
        }
    ]
    until(lambda: f"Bearer {tokens()['IdToken']}" in visit.school.authorizations)


def test_who_is_faster_than_the_settings_is_signed_in_when_they_come(visit: Visit) -> None:
    """The form can be used before it is known where it sends to; pressing twice sends once."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visit.page.route("**/api/config", hold, times=1)
    page = visit.open("signin.html")
    _submit(page)
    expect(page.get_by_test_id("signin-submit")).to_have_text("One moment…")
    page.get_by_test_id("signin-password").press("Enter")
    assert visit.school.bodies(*_INITIATE) == []
    held.pop().continue_()
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    assert len(visit.school.bodies(*_INITIATE)) == 1


def test_a_form_that_cannot_send_says_so(visit: Visit) -> None:
    """Nobody knows where to: the page offers to try again, and what was typed stays."""
    visit.school.script("GET", "/api/config", *[refusal(503, "Please try again.", "storage_unavailable")] * 9)
    page = visit.open("signin.html")
    _submit(page)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_test_id("signin-email")).to_have_value("ada@example.com")
    assert visit.school.bodies(*_INITIATE) == []


@pytest.mark.parametrize("kind", ["NotAuthorizedException", "com.amazonaws.x#UserNotFoundException"])
def test_a_refused_sign_in_gets_one_kind_sentence(visit: Visit, kind: str) -> None:
    """Wrong password and unknown address read the same; the form stays and the password field has the focus."""
    visit.school.script(*_INITIATE, _no(kind))
    page = visit.open("signin.html")
    _submit(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text(re.compile("do not match"))
    expect(page.get_by_test_id("signin-password")).to_be_focused()
    expect(page.get_by_test_id("signin-submit")).to_have_text("Sign in")


def test_an_account_is_made_confirmed_and_signed_in(visit: Visit) -> None:
    """Name, address and password, then the code from the e-mail; nobody types the password a second time."""
    page = visit.open("signin.html")
    _sign_up(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    expect(page.get_by_text("We sent a code to ada@example.com")).to_be_visible()
    expect(page.get_by_test_id("confirm-code")).to_be_focused()
    page.get_by_test_id("confirm-code").fill("123456")
    page.get_by_test_id("confirm-submit").click()
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    assert visit.school.bodies("POST", "/cognito/SignUp") == [
        {
            "ClientId": "client-1",
            "Username": "ada@example.com",
            "Password": _GOOD,
            "UserAttributes": [
                {"Name": "email", "Value": "ada@example.com"},
                {"Name": "name", "Value": "Ada Lovelace"},
            ],
        }
    ]
    assert visit.school.bodies("POST", "/cognito/ConfirmSignUp")[0]["ConfirmationCode"] == "123456"
    assert visit.school.bodies(*_INITIATE)[0]["AuthParameters"]["PASSWORD"] == _GOOD


def test_a_wrong_code_can_be_typed_again_or_sent_again(visit: Visit) -> None:
    """The sentence names the way on, and the button sends a new code to the same address."""
    visit.school.script("POST", "/cognito/ConfirmSignUp", _no("CodeMismatchException"), Reply(200, {}))
    page = visit.open("signin.html")
    _sign_up(page)
    page.get_by_test_id("confirm-code").fill("000000")
    page.get_by_test_id("confirm-submit").click()
    expect(page.get_by_role("alert")).to_contain_text("not the one that we sent")
    expect(page.get_by_test_id("confirm-code")).to_be_focused()
    page.get_by_role("button", name="Send the code again").click()
    expect(page.get_by_text("We sent a new code to ada@example.com.")).to_be_visible()
    page.get_by_test_id("confirm-code").fill("123456")
    page.get_by_test_id("confirm-submit").click()
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))


def test_who_has_an_account_signs_in_where_one_is_made(visit: Visit) -> None:
    """The way is seen at once on a small phone too, and the course that was chosen comes along."""
    visit.page.set_viewport_size({"width": 375, "height": 667})
    page = visit.open("course.html?id=FREE-1")
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Make an account")
    expect(page.get_by_test_id("to-signin")).to_be_in_viewport()
    page.get_by_test_id("to-signin").click()
    expect(page.get_by_text("React for Beginners")).to_be_visible()
    visit.school.script(
        "POST", "/api/enrollments", Reply(200, {"status": "active", "enrollment": {"courseId": "FREE-1"}})
    )
    page.get_by_test_id("signin-email").fill("ada@example.com")
    page.get_by_test_id("signin-password").fill("Right-horse-1")
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_visible()


def test_password_rules_are_shown_before_and_ticked_off(visit: Visit) -> None:
    """What the pool asks for stands under the field from the start, and a weak password is not even sent."""
    page = visit.open("signin.html?mode=up")
    rules = page.get_by_role("list", name="Your password needs:")
    for rule in ("10 characters or more", "a small letter", "a capital letter", "a number"):
        expect(rules).to_contain_text(rule)
    page.get_by_test_id("signup-name").fill("Ada")
    page.get_by_test_id("signup-email").fill("ada@example.com")
    page.get_by_test_id("signup-password").fill("short")
    expect(rules.get_by_role("listitem").filter(has_text="a small letter")).to_contain_text("done")
    expect(rules.get_by_role("listitem").filter(has_text="a number")).not_to_contain_text("done")
    page.get_by_test_id("signup-submit").click()
    expect(page.get_by_role("alert")).to_contain_text("does not meet the rules yet")
    assert visit.school.bodies("POST", "/cognito/SignUp") == []


def test_a_forgotten_password_is_set_anew_by_a_code(visit: Visit) -> None:
    """The address typed before is kept; code and new password sign in."""
    page = visit.open("signin.html")
    page.get_by_test_id("signin-email").fill("ada@example.com")
    page.get_by_role("button", name="Forgot your password?").click()
    expect(page.get_by_test_id("forgot-email")).to_have_value("ada@example.com")
    page.get_by_test_id("forgot-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set a new password")
    page.get_by_test_id("reset-code").fill("654321")
    page.get_by_test_id("reset-password").fill(_GOOD)
    page.get_by_test_id("reset-submit").click()
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    assert visit.school.bodies("POST", "/cognito/ConfirmForgotPassword") == [
        {"ClientId": "client-1", "Username": "ada@example.com", "ConfirmationCode": "654321", "Password": _GOOD}
    ]


@pytest.mark.parametrize(
    ("kind", "way", "heading"),
    [
        ("UserNotConfirmedException", "Enter the code", "Check your e-mail"),
        ("PasswordResetRequiredException", "Send me a code", "Forgot your password?"),
    ],
)
def test_every_dead_end_of_signing_in_has_a_way_out(visit: Visit, kind: str, way: str, heading: str) -> None:
    """The sentence comes with the button that leads on, and the address goes along."""
    visit.school.script(*_INITIATE, _no(kind))
    page = visit.open("signin.html")
    _submit(page)
    page.get_by_role("alert").get_by_role("button", name=way).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.locator("form:visible input[name=email]")).to_have_value("ada@example.com")


def test_an_address_that_has_an_account_is_led_to_sign_in(visit: Visit) -> None:
    """Whoever forgot that they have an account signs in, or sets a new password."""
    visit.school.script("POST", "/cognito/SignUp", _no("UsernameExistsException"))
    page = visit.open("signin.html")
    _sign_up(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("There is an account with this address already")
    expect(alert.get_by_role("button", name="Forgot your password?")).to_be_visible()
    alert.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("signin-email")).to_have_value("ada@example.com")


def test_a_first_sign_in_sets_a_new_password(visit: Visit) -> None:
    """NEW_PASSWORD_REQUIRED is answered on the same page, with words for a first visit and the rules told before."""
    visit.school.script(*_INITIATE, Reply(200, {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s-1"}))
    page = visit.open("signin.html")
    _submit(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome")
    page.get_by_test_id("first-password").fill("weak")
    page.get_by_test_id("first-submit").click()
    expect(page.get_by_role("alert")).to_contain_text("does not meet the rules")
    page.get_by_test_id("first-password").fill(_GOOD)
    page.get_by_test_id("first-submit").click()
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    [sent] = visit.school.bodies("POST", "/cognito/RespondToAuthChallenge")
    assert sent["Session"] == "s-1"
    assert sent["ChallengeResponses"] == {"USERNAME": "ada@example.com", "NEW_PASSWORD": _GOOD}


def test_a_page_for_students_asks_to_sign_in_first_and_is_returned_to(visit: Visit) -> None:
    """Who comes back from paying without a session signs in and sees the return page, not the dashboard."""
    page = visit.open("return.html?session_id=cs_test_1")
    expect(page).to_have_url(re.compile(r"signin\.html\?next="))
    _submit(page)
    expect(page).to_have_url(re.compile(r"return\.html\?session_id=cs_test_1$"))


def test_the_course_chosen_before_is_named_and_carried_through_making_an_account(visit: Visit) -> None:
    """The checkout with its discount code waits behind sign-up and confirmation; the page says what it is for."""
    page = visit.open("checkout.html?courseId=PAID-1&code=SAVE20")
    expect(page.get_by_text("You are about to buy")).to_be_visible()
    expect(page.get_by_text("AWS Cloud Mastery")).to_be_visible()
    _sign_up(page)
    page.get_by_test_id("confirm-code").fill("123456")
    page.get_by_test_id("confirm-submit").click()
    expect(page).to_have_url(re.compile(r"checkout\.html\?courseId=PAID-1&code=SAVE20$"))


def test_a_free_course_chosen_before_is_enrolled_afterwards(visit: Visit) -> None:
    """“Start for free” as a stranger makes an account and ends in the course, with one POST."""
    visit.school.script(*_ENROLL, _ACTIVE)
    page = visit.open("course.html?id=FREE-1")
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Make an account")
    page.get_by_role("button", name="Sign in", exact=True).last.click()
    _submit(page)
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_visible()
    expect(page).to_have_url(re.compile(r"course\.html\?id=FREE-1$"))
    assert visit.school.bodies(*_ENROLL) == [{"courseId": FREE["courseId"]}]


def test_a_401_refreshes_once_and_the_page_goes_on(visit: Visit) -> None:
    """An ID token that the API no longer takes is renewed by the refresh token, unseen by the student."""
    visit.school.script("GET", "/api/enrollments", _UNAUTHORIZED, Reply(200, []))
    visit.school.script(*_INITIATE, Reply(200, {"AuthenticationResult": tokens("Ada Renewed")}))
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_text("No course yet")).to_be_visible()
    assert [body["AuthFlow"] for body in visit.school.bodies(*_INITIATE)] == ["REFRESH_TOKEN_AUTH"]


def test_a_session_that_cannot_be_refreshed_ends_at_the_sign_in_page(visit: Visit) -> None:
    """When Cognito takes the refresh token back, the student reads why to sign in again and comes back after."""
    visit.school.script("GET", "/api/enrollments", _UNAUTHORIZED)
    visit.school.script(*_INITIATE, _no("NotAuthorizedException"))
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page).to_have_url(re.compile(r"signin\.html\?next=dashboard\.html"))


def test_a_token_about_to_end_is_refreshed_by_one_call_for_all(visit: Visit) -> None:
    """Calls that start at the same time share the refresh."""
    visit.school.script(*_INITIATE, Reply(200, {"AuthenticationResult": tokens("Ada Renewed")}))
    visit.sign_in(expires_in=30)
    page = visit.open("dashboard.html")
    expect(page.get_by_text("No course yet")).to_be_visible()
    assert len(visit.school.bodies(*_INITIATE)) == 1


def test_one_session_serves_all_tabs(visit: Visit) -> None:
    """A course opened in a new tab does not ask for the password again."""
    page = visit.open("signin.html")
    _submit(page)
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    other = page.context.new_page()
    other.goto(f"{visit.site}/dashboard.html")
    expect(other.get_by_text("No course yet")).to_be_visible()
    assert len(visit.school.bodies(*_INITIATE)) == 1


def test_fault_131_signing_out_ends_the_session_at_the_pool_and_in_every_tab(visit: Visit) -> None:
    """The refresh token is revoked, and the other tab asks to sign in by itself."""
    page = visit.open("signin.html")
    _submit(page)
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    other = page.context.new_page()
    other.goto(f"{visit.site}/dashboard.html")
    expect(other.get_by_text("No course yet")).to_be_visible()
    page.get_by_test_id("signout").click()
    expect(page).to_have_url(re.compile(r"index\.html$"))
    expect(other).to_have_url(re.compile(r"signin\.html\?next=dashboard"))
    assert visit.school.bodies("POST", "/cognito/RevokeToken") == [{"ClientId": "client-1", "Token": "refresh-1"}]
    assert json.loads(page.evaluate("localStorage.getItem('learnermax.session')") or "null") is None


def test_signing_out_works_while_the_user_pool_does_not(visit: Visit) -> None:
    """Leaving is never held up: the session ends here even when Cognito refuses."""
    visit.school.script("POST", "/cognito/RevokeToken", _no("InternalErrorException"))
    visit.sign_in()
    page = visit.open("dashboard.html")
    page.get_by_test_id("signout").click()
    expect(page).to_have_url(re.compile(r"index\.html$"))
    visit.open("dashboard.html")
    expect(page).to_have_url(re.compile(r"signin\.html"))


def test_who_is_signed_in_skips_the_sign_in_page(visit: Visit) -> None:
    """The sign-in page sends a signed-in student on."""
    visit.sign_in()
    expect(visit.open("signin.html")).to_have_url(re.compile(r"dashboard\.html$"))


def test_a_double_submit_signs_in_once(visit: Visit) -> None:
    """While one answer is awaited, a second Enter is ignored."""
    page = visit.open("signin.html")
    page.get_by_test_id("signin-email").fill("ada@example.com")
    page.get_by_test_id("signin-password").fill("right")
    expect(page.get_by_test_id("signin-submit")).to_be_enabled()
    page.evaluate("() => { const [form] = document.forms; form.requestSubmit(); form.requestSubmit(); }")
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    assert len(visit.school.bodies(*_INITIATE)) == 1


def test_the_password_can_be_shown_and_hidden(visit: Visit) -> None:
    """The button shows what was typed, and hides it again."""
    page = visit.open("signin.html")
    expect(page.get_by_test_id("signin-submit")).to_be_enabled()
    page.get_by_role("button", name="Show password").click()
    expect(page.get_by_test_id("signin-password")).to_have_attribute("type", "text")
    page.get_by_role("button", name="Show password").click()
    expect(page.get_by_test_id("signin-password")).to_have_attribute("type", "password")
