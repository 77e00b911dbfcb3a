"""The storefront: every course for everybody, and what is a student's own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import FREE, PAID, Reply, refusal

pytestmark = pytest.mark.browser

_SESSIONS = ("GET", "/api/payments/sessions")


def _session(status: str, **more: object) -> dict[str, Any]:
    return {"id": "ps_1", "courseId": "PAID-1", "status": status, "amount": 14999, "currency": "usd", **more}


def test_a_stranger_sees_every_course_and_price_without_signing_in(visit: Visit) -> None:
    """Free, priced and coming soon each look like what they are; a card leads to the course's own page."""
    page = visit.open("")
    expect(page.get_by_test_id("price-FREE-1")).to_have_text("Free")
    expect(page.get_by_test_id("price-PAID-1")).to_have_text("$149.99")
    expect(page.get_by_test_id("price-SOON-1")).to_have_text("Coming soon")
    expect(page.get_by_role("link", name="AWS Cloud Mastery")).to_have_attribute("href", "course.html?id=PAID-1")
    assert all(header is None for header in visit.school.authorizations)
    assert not {path for _, path, _ in visit.school.calls} & {"/api/enrollments", "/api/payments/sessions"}


def test_enrolled_courses_carry_the_badge_and_the_way_on(visit: Visit) -> None:
    """A course that is the student's has the badge and no price."""
    mine = [{"courseId": "PAID-1", "paymentStatus": "completed", "progress": 40}]
    visit.school.script("GET", "/api/enrollments", Reply(200, mine))
    visit.sign_in()
    page = visit.open("index.html")
    expect(page.get_by_test_id("enrolled-badge-PAID-1")).to_have_text("Enrolled")
    expect(page.get_by_test_id("course-card-PAID-1")).to_contain_text("Continue learning")
    expect(page.get_by_role("link", name="AWS Cloud Mastery")).to_have_attribute("href", "learn.html?id=PAID-1")
    expect(page.get_by_test_id("price-PAID-1")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "words", "price", "leads_to"),
    [
        ("processing", "Bank is confirming", 0, "course.html?id=PAID-1"),
        ("review", "Being checked", 0, "course.html?id=PAID-1"),
        ("pending", "Continue payment", 1, "checkout.html?courseId=PAID-1"),
    ],
)
def test_a_payment_under_way_stands_on_the_card(
    visit: Visit, status: str, words: str, price: int, leads_to: str
) -> None:
    """Who has paid is not shown a price to pay again; who has not finished is offered to go on."""
    visit.school.script(*_SESSIONS, Reply(200, [_session(status)]))
    visit.sign_in()
    page = visit.open("index.html")
    expect(page.get_by_test_id("standing-PAID-1")).to_have_text(words)
    expect(page.get_by_test_id("price-PAID-1")).to_have_count(price)
    expect(page.get_by_role("link", name="AWS Cloud Mastery")).to_have_attribute("href", leads_to)


def test_filter_and_search_are_in_the_address_and_survive_a_reload(visit: Visit) -> None:
    """A choice can be sent to somebody; nothing found is said with the word that was searched."""
    page = visit.open("index.html")
    page.get_by_role("button", name="Free").click()
    expect(page.get_by_test_id("course-card-PAID-1")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?show=free$"))
    page.reload()
    expect(page.get_by_test_id("course-card-FREE-1")).to_be_visible()
    expect(page.get_by_test_id("course-card-PAID-1")).to_have_count(0)
    page.get_by_label("Search the courses").fill("kubernetes")
    expect(page.get_by_role("heading", name="Nothing found for “kubernetes”")).to_be_visible()
    page.get_by_role("button", name="Show all courses").click()
    expect(page.get_by_test_id("course-card-PAID-1")).to_be_visible()


def test_listed_coupons_are_shown_with_the_way_to_use_them(visit: Visit) -> None:
    """What it takes off, for which course, until when: to the minute, since a day ends elsewhere at another time.

    Its link carries the code to the course.
    """
    coupon = {
        "code": "SPRING",
        "discountType": "percentage",
        "discountValue": 20,
        "applicableCourses": ["PAID-1"],
        "validUntil": "2026-12-31T12:00:00Z",
    }
    visit.school.script("GET", "/api/payments/coupons/active", Reply(200, [coupon]))
    page = visit.open("index.html")
    line = page.get_by_role("listitem").filter(has_text="SPRING")
    expect(line).to_contain_text("20% off AWS Cloud Mastery")
    expect(line).to_contain_text("until December 31, 2026 at 12:00")
    expect(line.get_by_role("link")).to_have_attribute("href", "course.html?id=PAID-1&code=SPRING")


def test_a_storefront_that_cannot_load_says_so_and_tries_again(visit: Visit) -> None:
    """An error stands where the cards would be; the button loads them."""
    visit.school.script("GET", "/api/courses", refusal(500, "The courses did not load."), Reply(200, [FREE, PAID]))
    page = visit.open("index.html")
    expect(page.get_by_role("alert")).to_contain_text("The courses did not load.")
    expect(page.get_by_role("alert")).to_contain_text("req-42")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("course-card-PAID-1")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_school_without_courses_says_so(visit: Visit) -> None:
    """No cards, no filter, one sentence."""
    visit.school.script("GET", "/api/courses", Reply(200, []))
    page = visit.open("index.html")
    expect(page.get_by_text("No courses yet")).to_be_visible()
    expect(page.get_by_role("button", name="All")).to_have_count(0)


def test_more_courses_are_shown_on_demand(visit: Visit) -> None:
    """X-Next-Cursor makes a button; the last page takes it away."""
    first = Reply(200, [FREE], (("X-Next-Cursor", "c-2"),))
    visit.school.script("GET", "/api/courses", first, Reply(200, [PAID]))
    page = visit.open("index.html")
    page.get_by_role("button", name="Show more courses").click()
    expect(page.get_by_test_id("course-card-PAID-1")).to_be_visible()
    expect(page.get_by_test_id("course-card-FREE-1")).to_be_visible()
    expect(page.get_by_role("button", name="Show more courses")).to_be_hidden()


def test_a_page_that_the_browser_kept_is_loaded_anew(visit: Visit) -> None:
    """Who comes back from paying with the back button sees what is true now."""
    visit.sign_in()
    page = visit.open("index.html")
    expect(page.get_by_test_id("price-PAID-1")).to_be_visible()
    mine = [{"courseId": "PAID-1", "paymentStatus": "completed"}]
    visit.school.script("GET", "/api/enrollments", Reply(200, mine))
    page.evaluate("void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.get_by_test_id("enrolled-badge-PAID-1")).to_be_visible()


def test_data_is_shown_as_text_and_never_as_markup(visit: Visit) -> None:
    """A course name with tags in it is a name with tags in it."""
    nasty = {**FREE, "name": "<img src=x onerror=alert(1)>", "description": "<b>bold</b>"}
    visit.school.script("GET", "/api/courses", Reply(200, [nasty]))
    page = visit.open("index.html")
    expect(page.get_by_role("heading", name=re.compile("<img src=x"))).to_be_visible()
    expect(page.locator("main .card-text b")).to_have_count(0)


def test_an_api_that_takes_its_time_is_spoken_of(visit: Visit) -> None:
    """After four seconds of silence there is a word, also for screen readers; it goes with the answer."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visit.page.route("**/api/courses", hold)
    visit.page.clock.install()
    page = visit.open("index.html")
    visit.hurry(lambda: len(held) == 1)
    page.clock.fast_forward(4_500)
    expect(page.get_by_test_id("slow")).to_contain_text("Still loading")
    expect(page.locator("#announcer")).to_have_text(re.compile("Still loading"))
    held[0].continue_()
    expect(page.get_by_test_id("course-card-PAID-1")).to_be_visible()
    expect(page.get_by_test_id("slow")).to_have_count(0)
