"""The account page: the name, signing out of all devices, and one's data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import EXPORT, Reply, refusal

pytestmark = pytest.mark.browser

_ME = ("PATCH", "/api/students/me")
_EXPORT = ("POST", "/api/students/me/export")
_DELETION = ("POST", "/api/students/me/deletion")


def test_the_name_can_be_changed(visit: Visit) -> None:
    """Name and address as they are known; the new name is confirmed."""
    visit.school.script(*_ME, Reply(200, {"userId": "s-1", "name": "Ada King", "email": "ada@example.com"}))
    visit.sign_in()
    page = visit.open("account.html")
    expect(page.get_by_test_id("account-name")).to_have_value("Ada Lovelace")
    expect(page.get_by_test_id("account-email")).to_have_text("ada@example.com")
    page.get_by_test_id("account-name").fill(" Ada King ")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_text("Your name is saved.")).to_be_visible()
    assert visit.school.bodies(*_ME) == [{"name": "Ada King"}]


def test_a_name_that_is_refused_says_why(visit: Visit) -> None:
    """What was typed stays."""
    visit.school.script(*_ME, refusal(400, "A name has 1 to 100 characters."))
    visit.sign_in()
    page = visit.open("account.html")
    page.get_by_test_id("account-name").fill("Ada King")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_role("alert")).to_contain_text("A name has 1 to 100 characters.")
    expect(page.get_by_test_id("account-name")).to_have_value("Ada King")


def test_signing_out_everywhere_ends_all_sessions_of_the_account(visit: Visit) -> None:
    """Cognito takes back the tokens of every device."""
    visit.sign_in()
    page = visit.open("account.html")
    page.get_by_test_id("signout-everywhere").click()
    expect(page).to_have_url(re.compile(r"index\.html$"))
    assert visit.school.bodies("POST", "/cognito/GlobalSignOut") == [{"AccessToken": "access-1"}]


def test_ones_data_comes_as_a_file(visit: Visit, tmp_path: Path) -> None:
    """Everything that is stored about them, as the API gives it; the page says where it went."""
    visit.sign_in()
    page = visit.open("account.html")
    with page.expect_download() as download:
        page.get_by_test_id("download-data").click()
    path = tmp_path / "data.json"
    download.value.save_as(path)
    assert json.loads(path.read_text("utf-8")) == EXPORT
    expect(page.get_by_text("Your data is in the file my-data.json")).to_be_visible()


def test_a_file_that_lacks_something_says_so(visit: Visit) -> None:
    """There is more than the API gives at once: the school has the rest."""
    visit.school.script(*_EXPORT, Reply(200, {"userId": "s-1", "complete": False}))
    visit.sign_in()
    page = visit.open("account.html")
    page.get_by_test_id("download-data").click()
    expect(page.get_by_text("we send you the rest")).to_be_visible()


def test_whoever_asks_for_their_data_too_often_reads_how_long_to_wait(visit: Visit) -> None:
    """Ten times in an hour."""
    visit.school.script(*_EXPORT, refusal(429, "Too many attempts.", "rate_limited", "3600"))
    visit.sign_in()
    page = visit.open("account.html")
    page.get_by_test_id("download-data").click()
    expect(page.get_by_text("Please wait an hour")).to_be_visible()


def open_the_end(visit: Visit) -> Page:
    """The part of the page where an account is deleted, read."""
    visit.sign_in()
    page = visit.open("account.html")
    page.get_by_test_id("end-open").click()
    return page


def test_an_account_is_deleted_once_the_word_is_typed(visit: Visit) -> None:
    """What goes and what stays is said before; data first, then the sign-in, then the session of this browser."""
    page = open_the_end(visit)
    expect(page.get_by_text("the school has to keep its books for years")).to_be_visible()
    page.get_by_test_id("end-word").fill(" Delete ")
    page.get_by_test_id("end-submit").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Your account is deleted")
    expect(heading).to_be_focused()
    expect(page.get_by_test_id("account-gone")).to_contain_text("2 courses have ended for you.")
    expect(page.get_by_test_id("account-gone")).to_contain_text("1 payment stays in the school's books")
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    assert visit.school.bodies(*_DELETION) == [{"confirm": "delete"}]
    assert visit.school.bodies("POST", "/cognito/DeleteUser") == [{"AccessToken": "access-1"}]
    asked = [path for method, path, _ in visit.school.calls if method == "POST"]
    assert asked.index("/api/students/me/deletion") < asked.index("/cognito/DeleteUser")
    page.goto(f"{visit.site}/dashboard.html")
    expect(page).to_have_url(re.compile("signin.html"))


def test_the_end_may_be_opened_before_the_page_is_ready(visit: Visit) -> None:
    """On a slow phone a finger is faster than the script."""
    visit.sign_in()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visit.page.route("**/api/students/me", hold)
    page = visit.open("account.html")
    page.get_by_test_id("end-open").click()
    expect(page.get_by_text("the school has to keep its books for years")).to_be_visible()
    expect(page.get_by_test_id("end-word")).to_be_hidden()
    held.pop().continue_()
    expect(page.get_by_test_id("end-word")).to_be_visible()


@pytest.mark.parametrize("typed", ["", "yes", "delete it"])
def test_without_the_word_nothing_is_deleted(visit: Visit, typed: str) -> None:
    """And the field has the focus again."""
    page = open_the_end(visit)
    page.get_by_test_id("end-word").fill(typed)
    page.get_by_test_id("end-submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was deleted.")
    expect(page.get_by_test_id("end-word")).to_be_focused()
    assert visit.school.bodies(*_DELETION) == []


@pytest.mark.parametrize(("state", "words"), [("processing", "Bank is confirming"), ("review", "Being checked")])
def test_whose_money_is_on_its_way_reads_so_before(visit: Visit, state: str, words: str) -> None:
    """Which payment it is, and where to see it; there is nothing to type."""
    session = {"id": "ps_1", "courseId": "PAID-1", "courseName": "AWS Cloud Mastery", "status": state}
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [session]))
    page = open_the_end(visit)
    waits = page.get_by_test_id("end-waits")
    expect(waits).to_contain_text("money is still on its way")
    expect(waits).to_contain_text(f"AWS Cloud Mastery: {words}")
    expect(waits.get_by_role("link", name="See my purchases")).to_be_visible()
    expect(page.get_by_test_id("end-word")).to_be_hidden()


def test_a_refund_under_way_is_found_by_the_api_alone(visit: Visit) -> None:
    """The page cannot see it; the API refuses, and the page says that nothing was deleted."""
    visit.school.script(*_DELETION, refusal(409, "Money is still on its way.", "money_under_way"))
    page = open_the_end(visit)
    page.get_by_test_id("end-word").fill("delete")
    page.get_by_test_id("end-submit").click()
    waits = page.get_by_test_id("end-waits")
    expect(waits).to_contain_text("Nothing was deleted.")
    expect(waits).to_contain_text("a payment, a refund or a dispute")
    expect(waits).to_be_focused()
    assert visit.school.bodies("POST", "/cognito/DeleteUser") == []


def test_a_sign_in_that_could_not_be_deleted_is_no_secret(visit: Visit) -> None:
    """The data is gone; what is left, and who removes it, is said."""
    visit.school.script("POST", "/cognito/DeleteUser", Reply(400, {"__type": "NotAuthorizedException"}))
    page = open_the_end(visit)
    page.get_by_test_id("end-word").fill("delete")
    page.get_by_test_id("end-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    expect(page.get_by_text("Only your sign-in could not be removed just now.")).to_be_visible()


def test_a_sign_in_that_the_school_has_deleted_is_not_deleted_again(visit: Visit) -> None:
    """The pool would say that there is none."""
    gone = {"userId": "s-1", "enrollmentsEnded": 0, "paymentsKept": 0, "signInDeleted": True}
    visit.school.script(*_DELETION, Reply(200, gone))
    page = open_the_end(visit)
    page.get_by_test_id("end-word").fill("delete")
    page.get_by_test_id("end-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    expect(page.get_by_text("Only your sign-in could not be removed just now.")).to_have_count(0)
    assert visit.school.bodies("POST", "/cognito/DeleteUser") == []


def test_a_deletion_that_fails_can_be_asked_for_again(visit: Visit) -> None:
    """Every step of it is safe to repeat; the word stays typed."""
    visit.school.script(
        *_DELETION,
        refusal(502, "The payment service does not answer.", "payment_provider_rejected"),
        Reply(200, {"userId": "s-1", "enrollmentsEnded": 0, "paymentsKept": 0}),
    )
    page = open_the_end(visit)
    page.get_by_test_id("end-word").fill("delete")
    page.get_by_test_id("end-submit").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be deleted completely just now")
    expect(page.get_by_role("alert")).to_contain_text("req-42")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
