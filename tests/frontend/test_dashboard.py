"""The dashboard: cards, enrolling in a free course, and what it says when the API does not answer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import FREE, PAID, Reply, refusal

pytestmark = pytest.mark.browser

_ACTIVE = Reply(201, {"status": "active", "enrollment": {"courseId": "FREE-1", "paymentStatus": "free", "progress": 0}})
_BUSY = refusal(503, "The service is not available right now.", "unavailable", retry_after="0")


def test_cards_show_prices_and_what_can_be_done(visit: Visit) -> None:
    """Free, priced and coming soon each look like what they are; a paid course leads to its checkout."""
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_test_id("price-FREE-1")).to_have_text("Free")
    expect(page.get_by_test_id("price-PAID-1")).to_have_text("$149.99")
    expect(page.get_by_test_id("price-SOON-1")).to_have_text("Coming soon")
    expect(page.get_by_test_id("enroll-SOON-1")).to_have_count(0)
    expect(page.get_by_test_id("enroll-PAID-1")).to_have_attribute("href", "checkout.html?courseId=PAID-1")


def test_enrolled_courses_carry_the_badge_and_their_progress(visit: Visit) -> None:
    """A course that is the student's has the badge and the bar, and nothing to buy."""
    mine = [{"courseId": "PAID-1", "paymentStatus": "completed", "progress": 40}]
    visit.school.script("GET", "/api/enrollments", Reply(200, mine))
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_test_id("enrolled-badge-PAID-1")).to_have_text("Enrolled")
    expect(page.get_by_role("progressbar", name="40% done")).to_have_attribute("value", "40")
    expect(page.get_by_test_id("enroll-PAID-1")).to_have_count(0)


def test_a_free_course_is_enrolled_with_one_click(visit: Visit) -> None:
    """One POST, and the card carries the badge, which has the focus that the button had."""
    visit.school.script("POST", "/api/enrollments", _ACTIVE)
    visit.sign_in()
    page = visit.open("dashboard.html")
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_focused()
    expect(page.get_by_test_id("enroll-FREE-1")).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text("You are enrolled in React for Beginners.")
    assert visit.school.bodies("POST", "/api/enrollments") == [{"courseId": "FREE-1"}]


def test_a_busy_api_is_asked_again_before_the_student_is_bothered(visit: Visit) -> None:
    """A 503 is retried by itself; the badge says Enrolled only after the API has."""
    visit.school.script("POST", "/api/enrollments", _BUSY, _ACTIVE)
    visit.page.clock.install()
    visit.sign_in()
    page = visit.open("dashboard.html")
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_text("Still trying…")).to_be_visible()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_have_count(0)
    page.clock.fast_forward(2_000)
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_visible()


def test_a_refused_enrollment_takes_the_badge_back_and_says_why(visit: Visit) -> None:
    """The price and the button return, with the API's sentence, the request id and a way to try again."""
    visit.school.script("POST", "/api/enrollments", refusal(500, "That did not work."), _ACTIVE)
    visit.sign_in()
    page = visit.open("dashboard.html")
    page.get_by_test_id("enroll-FREE-1").click()
    card = page.get_by_test_id("course-card-FREE-1")
    expect(card.get_by_role("alert")).to_contain_text("That did not work.")
    expect(card.get_by_role("alert")).to_contain_text("req-42")
    expect(page.get_by_test_id("enroll-FREE-1")).to_be_focused()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_have_count(0)
    card.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_visible()
    expect(card.get_by_role("alert")).to_have_count(0)


def test_a_dashboard_that_cannot_load_says_so_and_tries_again(visit: Visit) -> None:
    """An error stands where the cards would be; the button loads them."""
    visit.school.script("GET", "/api/courses", refusal(500, "The courses did not load."), Reply(200, [FREE, PAID]))
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_role("alert")).to_contain_text("The courses did not load.")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("course-card-PAID-1")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_page_whose_settings_cannot_be_read_says_so(visit: Visit) -> None:
    """Without GET /api/config nothing works, and the page admits it instead of staying empty."""
    visit.school.script("GET", "/api/config", refusal(500, "The school is closed."))
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_role("alert")).to_contain_text("The school is closed.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_the_enrolled_filter_shows_only_what_is_the_students(visit: Visit) -> None:
    """Empty is said in words; a course enrolled meanwhile turns up."""
    visit.school.script("POST", "/api/enrollments", _ACTIVE)
    visit.sign_in()
    page = visit.open("dashboard.html")
    page.get_by_role("radio", name="Enrolled").check()
    expect(page.get_by_text("You are not enrolled in a course yet")).to_be_visible()
    page.get_by_role("radio", name="All").check()
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_visible()
    page.get_by_role("radio", name="Enrolled").check()
    expect(page.get_by_test_id("course-card-FREE-1")).to_be_visible()
    expect(page.get_by_test_id("course-card-PAID-1")).to_be_hidden()


def test_a_school_without_courses_says_so(visit: Visit) -> None:
    """No cards, no filter, one sentence."""
    visit.school.script("GET", "/api/courses", Reply(200, []))
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_text("No courses yet")).to_be_visible()
    expect(page.get_by_role("radio", name="All")).to_be_hidden()


def test_more_courses_are_shown_on_demand(visit: Visit) -> None:
    """X-Next-Cursor makes a button; the last page takes it away."""
    first = Reply(200, [FREE], (("X-Next-Cursor", "c-2"),))
    visit.school.script("GET", "/api/courses", first, Reply(200, [PAID]))
    visit.sign_in()
    page = visit.open("dashboard.html")
    page.get_by_role("button", name="Show more courses").click()
    expect(page.get_by_test_id("course-card-PAID-1")).to_be_visible()
    expect(page.get_by_test_id("course-card-FREE-1")).to_be_visible()
    expect(page.get_by_role("button", name="Show more courses")).to_be_hidden()


def test_a_page_that_the_browser_kept_is_loaded_anew(visit: Visit) -> None:
    """Who comes back from paying with the back button sees what is true now."""
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_test_id("price-PAID-1")).to_be_visible()
    mine = [{"courseId": "PAID-1", "paymentStatus": "completed"}]
    visit.school.script("GET", "/api/enrollments", Reply(200, mine))
    page.evaluate("void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.get_by_test_id("enrolled-badge-PAID-1")).to_be_visible()


def test_data_is_shown_as_text_and_never_as_markup(visit: Visit) -> None:
    """A course name with tags in it is a name with tags in it."""
    nasty = {**FREE, "name": "<img src=x onerror=alert(1)>", "description": "<b>bold</b>"}
    visit.school.script("GET", "/api/courses", Reply(200, [nasty]))
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_role("heading", name=re.compile("<img src=x"))).to_be_visible()
    expect(page.locator("main b")).to_have_count(0)
