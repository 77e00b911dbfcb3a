"""The second factor on the pages: asked for when signing in, set up and switched off, and missed by the office."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply, tokens

pytestmark = pytest.mark.browser

_INITIATE = ("POST", "/cognito/InitiateAuth")
_RESPOND = ("POST", "/cognito/RespondToAuthChallenge")
_GET_USER = ("POST", "/cognito/GetUser")
_ASSOCIATE = ("POST", "/cognito/AssociateSoftwareToken")
_VERIFY = ("POST", "/cognito/VerifySoftwareToken")
_PREFER = ("POST", "/cognito/SetUserMFAPreference")
_CHALLENGE = Reply(200, {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "session-1", "ChallengeParameters": {}})
_ON = Reply(200, {"Username": "s-1", "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]})
_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRST"
_DASHBOARD = re.compile(r"dashboard\.html$")


def _no(kind: str, message: str = "secret detail") -> Reply:
    return Reply(400, {"__type": kind, "message": message})


def _signed_in(**who: Any) -> Reply:
    return Reply(200, {"AuthenticationResult": tokens(**who)})


# -- signing in --------------------------------------------------------------------------------------------------------


def _asked_for_a_code(visit: Visit) -> Page:
    visit.school.script(*_INITIATE, _CHALLENGE)
    page = visit.open("signin.html")
    page.get_by_test_id("signin-email").fill("ada@example.com")
    page.get_by_test_id("signin-password").fill("right")
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code of your app")
    return page


def _give(page: Page, code: str) -> None:
    page.get_by_test_id("factor-code").fill(code)
    page.get_by_test_id("factor-submit").click()


def test_whoever_has_a_second_factor_is_asked_for_its_code(visit: Visit) -> None:
    """After the password, in a field for digits that a phone can fill in; the space of the app does no harm."""
    page = _asked_for_a_code(visit)
    field = page.get_by_label("Code from your app")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("inputmode", "numeric")
    expect(field).to_have_attribute("autocomplete", "one-time-code")
    page.keyboard.type("123 456")
    page.keyboard.press("Enter")
    expect(page).to_have_url(_DASHBOARD)
    assert visit.school.bodies(*_RESPOND) == [
        {
            "ClientId": "client-1",
            "ChallengeName": "SOFTWARE_TOKEN_MFA",
            "Session": "session-1",
            "ChallengeResponses": {"USERNAME": "ada@example.com", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
        }
    ]


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        (_no("CodeMismatchException"), "not the code that the app shows now"),
        (_no("InvalidParameterException"), "not the code that the app shows now"),
        (_no("ExpiredCodeException", "Your software token has already been used once."), "wait for the next one"),
        (_no("TooManyRequestsException"), "Too many tries"),
        (_no("NotAuthorizedException", "Password attempts exceeded"), "Too many tries"),
        (_no("InternalErrorException"), "That did not work"),
    ],
)
def test_a_refused_code_can_be_typed_again(visit: Visit, refusal: Reply, sentence: str) -> None:
    """The sentence says what to do; the field has the focus, and the next code signs in."""
    visit.school.script(*_RESPOND, refusal, _signed_in())
    page = _asked_for_a_code(visit)
    _give(page, "000000")
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_test_id("factor-code")).to_be_focused()
    _give(page, "123456")
    expect(page).to_have_url(_DASHBOARD)


def test_whoever_looks_for_their_phone_too_long_begins_again(visit: Visit) -> None:
    """The challenge ends after three minutes: the password once more, with the address still there."""
    visit.school.script(*_RESPOND, _no("NotAuthorizedException", "Invalid session for the user, session is expired."))
    page = _asked_for_a_code(visit)
    _give(page, "123456")
    expect(page.get_by_role("alert")).to_contain_text("enter your password once more")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_test_id("signin-email")).to_have_value("ada@example.com")


def test_a_first_password_is_followed_by_the_code(visit: Visit) -> None:
    """Somebody whose password an operator has set anew keeps the second factor."""
    visit.school.script(*_RESPOND, _CHALLENGE, _signed_in())
    visit.school.script(*_INITIATE, Reply(200, {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "session-0"}))
    page = visit.open("signin.html")
    page.get_by_test_id("signin-email").fill("ada@example.com")
    page.get_by_test_id("signin-password").fill("given")
    page.get_by_test_id("signin-submit").click()
    page.get_by_test_id("first-password").fill("Str0ng-enough")
    page.get_by_test_id("first-submit").click()
    _give(page, "123456")
    expect(page).to_have_url(_DASHBOARD)


def test_no_address_leads_to_the_code(visit: Visit) -> None:
    """Without a challenge there is nothing to answer."""
    page = visit.open("signin.html?mode=factor")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_renewed_session_knows_of_the_second_factor(visit: Visit) -> None:
    """Whoever signed in with a code finds its part of the account page, after the tokens were renewed too."""
    visit.school.script(*_GET_USER, _ON)
    visit.school.script(*_RESPOND, _signed_in(expires_in=30))
    page = _asked_for_a_code(visit)
    visit.school.script(*_INITIATE, _signed_in())
    _give(page, "123456")
    expect(page).to_have_url(_DASHBOARD)
    expect(page.get_by_text("No course yet")).to_be_visible()
    assert json.loads(page.evaluate("localStorage.getItem('learnermax.session')"))["secondFactor"] is True
    page.goto(f"{visit.site}/account.html")
    expect(page.get_by_test_id("factor-is")).to_contain_text("It is on")


# -- the account -------------------------------------------------------------------------------------------------------


def _account(visit: Visit, **who: Any) -> Page:
    visit.school.script(*_ASSOCIATE, Reply(200, {"SecretCode": _KEY}))
    visit.sign_in(**(who or {"groups": ("admin",)}))
    return visit.open("account.html")


def _sees_the_key(visit: Visit, **who: Any) -> Page:
    page = _account(visit, **who)
    page.get_by_test_id("factor-begin").click()
    expect(page.get_by_test_id("factor-key")).to_be_visible()
    return page


def _modules(page: Page) -> set[tuple[int, int]]:
    """The dark modules of the picture: column and row."""
    drawn = page.get_by_test_id("factor-picture").locator("path").get_attribute("d") or ""
    return {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn)}


def test_the_key_comes_as_a_picture_too(visit: Visit) -> None:
    """A QR code with its three corners, dark on light in either scheme, and a name for who does not see it."""
    visit.page.emulate_media(color_scheme="dark")
    page = _sees_the_key(visit)
    picture = page.get_by_role("img", name="The key as a QR code")
    expect(picture).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(picture.locator("path")).to_have_css("fill", "rgb(23, 24, 28)")
    dark = _modules(page)
    last = max(max(module) for module in dark)
    assert (last + 1 - 21) % 4 == 0
    corner = {(x, y) for x in range(7) for y in range(7) if max(abs(x - 3), abs(y - 3)) != 2}
    for left, top in ((0, 0), (last - 6, 0), (0, last - 6)):
        assert {(x - left, y - top) for x, y in dark if left <= x < left + 7 and top <= y < top + 7} == corner
    shown = _modules(page)
    visit.school.script(*_ASSOCIATE, Reply(200, {"SecretCode": _KEY[::-1]}))
    page.get_by_role("button", name="Not now").click()
    page.get_by_test_id("factor-begin").click()
    expect(page.get_by_test_id("factor-key")).to_contain_text("TSRQ")
    assert _modules(page) != shown


def test_without_the_picture_the_key_is_enough(visit: Visit) -> None:
    """Its script did not come: the steps say so and go on."""
    visit.page.route("**/vendor/qrcode-generator.js", lambda route: route.abort())
    page = _sees_the_key(visit)
    expect(page.get_by_text("Add an account there with this key")).to_be_visible()
    expect(page.get_by_test_id("factor-picture")).to_have_count(0)


def test_students_are_not_bothered_with_it(visit: Visit) -> None:
    """The part is for the school's people; nobody is looked up for anybody else."""
    page = _account(visit, name="Ada Lovelace")
    expect(page.get_by_test_id("account-name")).to_have_value("Ada Lovelace")
    expect(page.get_by_role("heading", name="Second factor")).to_be_hidden()
    assert visit.school.bodies(*_GET_USER) == []


def test_a_second_factor_is_set_up_with_a_key_and_a_first_code(visit: Visit) -> None:
    """The key in groups of four and as an address for an app; then it is on, and the next code is asked for."""
    page = _sees_the_key(visit)
    expect(page.get_by_test_id("factor-key")).to_have_text(
        "ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567 ABCD EFGH IJKL MNOP QRST"
    )
    address = f"otpauth://totp/LearnerMax:ada%40example.com?secret={_KEY}&issuer=LearnerMax"
    expect(page.get_by_role("link", name="Open it in an app on this device")).to_have_attribute("href", address)
    page.get_by_label("Type the six digits").fill("123 456")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("factor-is")).to_contain_text("It is on")
    expect(page.get_by_role("status").filter(has_text="Your second factor is on")).to_be_visible()
    token = {"AccessToken": "access-1"}
    assert visit.school.bodies(*_ASSOCIATE) == [token]
    assert visit.school.bodies(*_VERIFY) == [{**token, "UserCode": "123456"}]
    assert visit.school.bodies(*_PREFER) == [
        {**token, "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    ]


@pytest.mark.parametrize(
    "kind", ["EnableSoftwareTokenMFAException", "CodeMismatchException", "InvalidParameterException"]
)
def test_a_wrong_first_code_can_be_typed_again(visit: Visit, kind: str) -> None:
    """Nothing is switched on before one was right."""
    visit.school.script(*_VERIFY, _no(kind), Reply(200, {"Status": "SUCCESS"}))
    page = _sees_the_key(visit)
    page.get_by_test_id("factor-code").fill("000000")
    page.get_by_test_id("factor-confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("not the code that the app shows now")
    expect(page.get_by_test_id("factor-code")).to_be_focused()
    assert visit.school.bodies(*_PREFER) == []
    page.get_by_test_id("factor-code").fill("123456")
    page.get_by_test_id("factor-confirm").click()
    expect(page.get_by_test_id("factor-is")).to_contain_text("It is on")


def test_a_code_that_counted_is_not_sent_again(visit: Visit) -> None:
    """Where switching it on failed after the code was right, the second try goes on there."""
    visit.school.script(*_PREFER, _no("InternalErrorException"), Reply(200, {}))
    page = _sees_the_key(visit)
    page.get_by_test_id("factor-code").fill("123456")
    page.get_by_test_id("factor-confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("Please try again")
    page.get_by_test_id("factor-confirm").click()
    expect(page.get_by_test_id("factor-is")).to_contain_text("It is on")
    assert len(visit.school.bodies(*_VERIFY)) == 1


def test_setting_it_up_can_wait(visit: Visit) -> None:
    """Not now leads back, and nothing was switched on."""
    page = _sees_the_key(visit)
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_test_id("factor-is")).to_contain_text("It is off")
    assert visit.school.bodies(*_PREFER) == []


def test_it_is_switched_off_after_a_question(visit: Visit) -> None:
    """What that means is said first; keeping it on is one button away."""
    visit.school.script(*_GET_USER, _ON)
    page = _account(visit)
    page.get_by_test_id("factor-stop").click()
    expect(page.get_by_test_id("factor-stop-yes")).to_be_focused()
    page.get_by_role("button", name="Keep it on").click()
    expect(page.get_by_test_id("factor-stop-yes")).to_have_count(0)
    assert visit.school.bodies(*_PREFER) == []
    page.get_by_test_id("factor-stop").click()
    page.get_by_test_id("factor-stop-yes").click()
    expect(page.get_by_test_id("factor-is")).to_contain_text("It is off")
    assert visit.school.bodies(*_PREFER) == [
        {"AccessToken": "access-1", "SoftwareTokenMfaSettings": {"Enabled": False, "PreferredMfa": False}}
    ]


def test_it_can_move_to_another_app(visit: Visit) -> None:
    """A new key while it is on: the old app counts until the new one has given a code."""
    visit.school.script(*_GET_USER, _ON)
    page = _account(visit)
    page.get_by_test_id("factor-begin").click()
    expect(page.get_by_test_id("factor-key")).to_contain_text("ABCD EFGH")


def test_a_user_pool_without_second_factors_says_who_can_change_that(visit: Visit) -> None:
    """An existing pool may have them off."""
    visit.sign_in(groups=("admin",))
    visit.school.script(*_ASSOCIATE, _no("SoftwareTokenMFANotFoundException"))
    page = visit.open("account.html")
    page.get_by_test_id("factor-begin").click()
    expect(page.get_by_role("alert")).to_contain_text("does not offer a second factor yet")


def test_a_state_that_is_not_known_can_be_asked_for_again(visit: Visit) -> None:
    """While the user pool does not answer, nothing is claimed."""
    visit.school.script(*_GET_USER, _no("InternalErrorException"), _ON)
    page = _account(visit)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_test_id("factor-is")).to_have_count(0)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("factor-is")).to_contain_text("It is on")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_session_that_has_ended_leads_to_signing_in(visit: Visit) -> None:
    """Signed out of all devices elsewhere: the access token is worth nothing any more."""
    visit.school.script(*_GET_USER, _no("NotAuthorizedException", "Access Token has been revoked"))
    page = _account(visit)
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page).to_have_url(re.compile(r"signin\.html\?next=account\.html"))


# -- the school's pages ------------------------------------------------------------------------------------------------


def test_the_office_without_a_second_factor_is_told_and_led_to_it(visit: Visit) -> None:
    """From any page to the school's, from there to the account, and once it is set up, in."""
    visit.sign_in(lacks_factor="missing")
    visit.school.script(*_ASSOCIATE, Reply(200, {"SecretCode": _KEY}))
    visit.school.script(*_INITIATE, _signed_in(groups=("admin",)))
    page = visit.open("dashboard.html")
    page.get_by_test_id("to-office").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One step before the school's pages")
    assert not [path for _, path, _ in visit.school.calls if path.startswith("/api/admin")]
    page.get_by_role("link", name="Set up the second factor").click()
    expect(page.get_by_text("open to you once you have set up a second factor")).to_be_visible()
    page.get_by_test_id("factor-begin").click()
    page.get_by_test_id("factor-code").fill("123456")
    page.get_by_test_id("factor-confirm").click()
    page.get_by_role("link", name="To the school's pages").click()
    expect(page).to_have_url(re.compile(r"office\.html"))
    expect(page.get_by_test_id("office-closed")).to_have_count(0)


def test_a_second_factor_that_could_not_be_checked_is_checked_again(visit: Visit) -> None:
    """New tokens, and the pages open once they say so."""
    visit.sign_in(lacks_factor="unknown")
    visit.school.script(*_INITIATE, _signed_in(lacks_factor="unknown"), _signed_in(groups=("admin",)))
    page = visit.open("office.html")
    for _ in range(2):
        expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor could not be checked")
        expect(page.locator("main[aria-busy=true]")).to_have_count(0)
        with page.expect_navigation():
            page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("office-closed")).to_have_count(0)


def test_whoever_has_set_it_up_elsewhere_is_let_in(visit: Visit) -> None:
    """On another device: the account page sees it and gets new tokens."""
    visit.sign_in(lacks_factor="missing")
    visit.school.script(*_GET_USER, _ON)
    visit.school.script(*_INITIATE, _signed_in(groups=("admin",)))
    page = visit.open("account.html")
    expect(page.get_by_test_id("factor-is")).to_contain_text("It is on")
    page.goto(f"{visit.site}/office.html")
    expect(page.get_by_test_id("office-closed")).to_have_count(0)
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
