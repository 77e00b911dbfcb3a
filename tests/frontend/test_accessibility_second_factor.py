"""What the pages about the second factor owe everybody: nothing for axe to find in any state, light or dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.axe import fits_a_phone, to_dark_and_narrow, violations
from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply

pytestmark = pytest.mark.browser


def _clean(page: Page) -> None:
    assert violations(page) == {}
    to_dark_and_narrow(page)
    assert violations(page) == {}
    fits_a_phone(page)
    page.emulate_media(color_scheme="light")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 1280, "height": 844})


def test_axe_finds_nothing_where_a_code_of_an_app_is_asked_for(visit: Visit) -> None:
    """The form, and a refused code."""
    visit.page.emulate_media(color_scheme="light")
    challenge = {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "session-1"}
    visit.school.script("POST", "/cognito/InitiateAuth", Reply(200, challenge))
    visit.school.script(
        "POST", "/cognito/RespondToAuthChallenge", Reply(400, {"__type": "CodeMismatchException", "message": ""})
    )
    page = visit.open("signin.html")
    page.get_by_test_id("signin-email").fill("a@example.com")
    page.get_by_test_id("signin-password").fill("right")
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_test_id("factor-code")).to_be_focused()
    _clean(page)
    page.get_by_test_id("factor-code").fill("000000")
    page.get_by_test_id("factor-submit").click()
    expect(page.get_by_role("alert")).to_be_visible()
    _clean(page)


def test_axe_finds_nothing_where_a_second_factor_is_set_up(visit: Visit) -> None:
    """Missed by the office, off, being set up, a wrong code, on, and about to be switched off."""
    visit.page.emulate_media(color_scheme="light")
    visit.sign_in(lacks_factor="missing")
    visit.school.script("POST", "/cognito/AssociateSoftwareToken", Reply(200, {"SecretCode": "ABCDEFGH" * 6 + "ABCD"}))
    visit.school.script(
        "POST",
        "/cognito/VerifySoftwareToken",
        Reply(400, {"__type": "EnableSoftwareTokenMFAException", "message": ""}),
        Reply(200, {}),
    )
    page = visit.open("office.html")
    expect(page.get_by_test_id("office-closed")).to_be_visible()
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    _clean(page)
    page.get_by_role("link", name="Set up the second factor").click()
    expect(page.get_by_test_id("factor-is")).to_be_visible()
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    _clean(page)
    page.get_by_test_id("factor-begin").click()
    expect(page.get_by_test_id("factor-key")).to_be_visible()
    _clean(page)
    for awaited in (page.get_by_role("alert"), page.get_by_test_id("factor-stop")):
        page.get_by_test_id("factor-code").fill("123456")
        page.get_by_test_id("factor-confirm").click()
        expect(awaited).to_be_visible()
        _clean(page)
    page.get_by_test_id("factor-stop").click()
    expect(page.get_by_test_id("factor-stop-yes")).to_be_focused()
    _clean(page)
