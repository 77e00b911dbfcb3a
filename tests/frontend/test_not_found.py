"""The page behind a broken link."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("address", ["nothing.html", "courses/7/lessons", "404.html", "missing.pdf?from=mail"])
def test_a_broken_link_leads_to_a_page_with_a_way_back(visit: Visit, address: str) -> None:
    """Status 404, the app's look and policy at any depth, and a link to the courses."""
    visit.sign_in()
    answer = visit.page.goto(f"{visit.site}/{address}")
    assert answer is not None
    assert answer.status == 404
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = visit.page
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not here")
    expect(page.locator("body")).to_have_css("background-color", "rgb(246, 244, 238)")
    assert page.evaluate("document.querySelector('.brand .mark').getBoundingClientRect().width") > 0
    page.get_by_role("link", name="See the courses").click()
    expect(page.get_by_test_id("course-card-FREE-1")).to_be_visible()


def test_a_stranger_is_not_asked_who_they_are_to_read_it(visit: Visit) -> None:
    """It asks nothing of the API; its way back leads to all courses."""
    page = visit.open("nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not here")
    assert visit.school.calls == []
    page.get_by_role("link", name="See the courses").click()
    expect(page.get_by_test_id("course-card-PAID-1")).to_be_visible()


def test_a_student_finds_their_own_pages_from_there(visit: Visit) -> None:
    """Whoever is signed in has the links of the frame."""
    visit.sign_in()
    page = visit.open("deep/down/nothing")
    page.get_by_role("link", name="Purchases").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Purchases")
