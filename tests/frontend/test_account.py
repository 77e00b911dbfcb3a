"""The account page: the name, signing out of all devices, and one's data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply, refusal

pytestmark = pytest.mark.browser

_ME = ("PATCH", "/api/students/me")


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
    """Record, enrollments and payments, as the API has them."""
    visit.school.script("GET", "/api/enrollments", Reply(200, [{"courseId": "FREE-1"}]))
    visit.sign_in()
    page = visit.open("account.html")
    with page.expect_download() as download:
        page.get_by_test_id("download-data").click()
    path = tmp_path / "data.json"
    download.value.save_as(path)
    data = json.loads(path.read_text("utf-8"))
    assert data["student"]["name"] == "Ada Lovelace"
    assert data["enrollments"] == [{"courseId": "FREE-1"}]
    assert data["payments"] == []
