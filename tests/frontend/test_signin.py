"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply, refusal, tokens
from tests.support.waiting import until

pytestmark = pytest.mark.browser

_INITIATE = ("POST", "/cognito/InitiateAuth")
_UNAUTHORIZED = refusal(401, "Your session has ended.", "unauthorized")


def _submit(page: Page, password: str = "right") -> None:
    page.get_by_test_id("signin-email").fill(" ada@example.com ")
    page.get_by_test_id("signin-password").fill(password)
    page.get_by_test_id("signin-submit").click()


def test_signing_in_leads_to_the_dashboard_with_the_students_name(visit: Visit) -> None:
    """The password goes to Cognito in its own call, and the ID token to the API as bearer."""
    page = visit.open("index.html")
    _submit(page)
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    expect(page.get_by_text("Ada Lovelace")).to_be_visible()
    assert visit.school.bodies(*_INITIATE) == [
        {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": "client-1",
            "AuthParameters": {"USERNAME": "ada@example.com", "PASSWORD": "right"},
        }
    ]
    # The name is in the token itself: it may stand there before the first call with the token has arrived.
    until(lambda: f"Bearer {tokens()['IdToken']}" in visit.school.authorizations)


@pytest.mark.parametrize("kind", ["NotAuthorizedException", "com.amazonaws.x#UserNotFoundException"])
def test_a_refused_sign_in_gets_one_kind_sentence(visit: Visit, kind: str) -> None:
    """Wrong password and unknown address read the same; the form stays and the password field has the focus."""
    visit.school.script(*_INITIATE, Reply(400, {"__type": kind, "message": "secret detail"}))
    page = visit.open("index.html")
    _submit(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text(re.compile("do not match"))
    expect(page.get_by_test_id("signin-password")).to_be_focused()
    expect(page.get_by_test_id("signin-submit")).to_have_text("Sign in")


def test_a_first_sign_in_sets_a_new_password(visit: Visit) -> None:
    """NEW_PASSWORD_REQUIRED is answered on the same page; a password that breaks the rules may be tried again."""
    visit.school.script(*_INITIATE, Reply(200, {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s-1"}))
    weak = Reply(400, {"__type": "InvalidPasswordException", "message": "Password must have numeric characters"})
    done = Reply(200, {"AuthenticationResult": tokens()})
    visit.school.script("POST", "/cognito/RespondToAuthChallenge", weak, done)
    page = visit.open("index.html")
    _submit(page)
    page.get_by_label("Choose a new password").fill("weak")
    page.get_by_test_id("new-password-submit").click()
    expect(page.get_by_role("alert")).to_have_text("Password must have numeric characters")
    page.get_by_label("Choose a new password").fill("Str0ng-enough")
    page.get_by_test_id("new-password-submit").click()
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    sent = visit.school.bodies("POST", "/cognito/RespondToAuthChallenge")[-1]
    assert sent["Session"] == "s-1"
    assert sent["ChallengeResponses"] == {"USERNAME": "ada@example.com", "NEW_PASSWORD": "Str0ng-enough"}


def test_a_page_for_students_asks_to_sign_in_first_and_is_returned_to(visit: Visit) -> None:
    """Who comes back from paying without a session signs in and sees the return page, not the dashboard."""
    page = visit.open("return.html?session_id=cs_test_1")
    expect(page).to_have_url(re.compile(r"index\.html\?next="))
    _submit(page)
    expect(page).to_have_url(re.compile(r"return\.html\?session_id=cs_test_1$"))


def test_a_401_refreshes_once_and_the_page_goes_on(visit: Visit) -> None:
    """An ID token that the API no longer takes is renewed by the refresh token, unseen by the student."""
    visit.school.script("GET", "/api/enrollments", _UNAUTHORIZED, Reply(200, []))
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_test_id("course-card-FREE-1")).to_be_visible()
    assert [body["AuthFlow"] for body in visit.school.bodies(*_INITIATE)] == ["REFRESH_TOKEN_AUTH"]


def test_a_session_that_cannot_be_refreshed_ends_at_the_sign_in_page(visit: Visit) -> None:
    """When Cognito takes the refresh token back, the student is told why to sign in again and comes back after."""
    visit.school.script("GET", "/api/enrollments", _UNAUTHORIZED)
    visit.school.script(*_INITIATE, Reply(400, {"__type": "NotAuthorizedException"}))
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page).to_have_url(re.compile(r"index\.html\?next=dashboard\.html"))


def test_a_token_about_to_end_is_refreshed_by_one_call_for_all(visit: Visit) -> None:
    """Calls that start at the same time share the refresh."""
    visit.sign_in(expires_in=30)
    page = visit.open("dashboard.html")
    expect(page.get_by_test_id("course-card-FREE-1")).to_be_visible()
    assert len(visit.school.bodies(*_INITIATE)) == 1


def test_signing_out_forgets_the_session(visit: Visit) -> None:
    """After signing out, the dashboard asks to sign in again."""
    visit.sign_in()
    page = visit.open("dashboard.html")
    page.get_by_test_id("signout").click()
    expect(page.get_by_test_id("signin-email")).to_be_visible()
    visit.open("dashboard.html")
    expect(page).to_have_url(re.compile(r"index\.html"))


def test_who_is_signed_in_skips_the_sign_in_page(visit: Visit) -> None:
    """The sign-in page sends a signed-in student on."""
    visit.sign_in()
    expect(visit.open("index.html")).to_have_url(re.compile(r"dashboard\.html$"))


def test_a_double_submit_signs_in_once(visit: Visit) -> None:
    """While one answer is awaited, a second Enter is ignored."""
    page = visit.open("index.html")
    page.get_by_test_id("signin-email").fill("ada@example.com")
    page.get_by_test_id("signin-password").fill("right")
    expect(page.get_by_test_id("signin-submit")).to_be_enabled()
    page.evaluate("() => { const [form] = document.forms; form.requestSubmit(); form.requestSubmit(); }")
    expect(page).to_have_url(re.compile(r"dashboard\.html$"))
    assert len(visit.school.bodies(*_INITIATE)) == 1


def test_the_password_can_be_shown_and_hidden(visit: Visit) -> None:
    """The button shows what was typed, and hides it again."""
    page = visit.open("index.html")
    expect(page.get_by_test_id("signin-submit")).to_be_enabled()
    page.get_by_role("button", name="Show password").click()
    expect(page.get_by_test_id("signin-password")).to_have_attribute("type", "text")
    page.get_by_role("button", name="Show password").click()
    expect(page.get_by_test_id("signin-password")).to_have_attribute("type", "password")
