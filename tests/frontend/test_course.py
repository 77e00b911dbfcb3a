"""The page of one course: what one buys, and the way to it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import FREE, PAID, SOON, Reply, refusal

pytestmark = pytest.mark.browser

_ENROLL = ("POST", "/api/enrollments")
_ACTIVE = Reply(201, {"status": "active", "enrollment": {"courseId": "FREE-1", "paymentStatus": "free", "progress": 0}})
_BUSY = refusal(503, "The service is not available right now.", "unavailable", retry_after="0")


def _session(status: str, **more: object) -> dict[str, Any]:
    return {"id": "ps_1", "courseId": "PAID-1", "status": status, "amount": 14999, "currency": "usd", **more}


def test_a_stranger_sees_what_is_in_a_course_and_what_it_costs(visit: Visit) -> None:
    """Name, teacher, lessons of both shapes with their times, price, promise and questions; the title for a link."""
    page = visit.open("course.html?id=FREE-1")
    expect(page.get_by_role("heading", level=1)).to_have_text("React for Beginners")
    expect(page.get_by_text("Taught by Tomás Herrera")).to_be_visible()
    expect(page.get_by_text("2 parts · 3 lessons · 1 h 30 min")).to_be_visible()
    expect(page.get_by_text("JSX without magic")).to_be_visible()
    expect(page.get_by_text("Lifting state up")).to_be_hidden()
    page.get_by_text("2. State").click()
    expect(page.get_by_text("Lifting state up")).to_be_visible()
    expect(page).to_have_title("React for Beginners · LearnerMax")
    described = page.locator("meta[property='og:description']").get_attribute("content")
    assert described == "Components, state and effects, one small app at a time."


def test_a_paid_course_leads_to_its_checkout_with_the_code_of_the_link(visit: Visit) -> None:
    """The price, once; a code in the address goes along and is named."""
    page = visit.open("course.html?id=PAID-1&code=SAVE20")
    expect(page.get_by_test_id("price-PAID-1")).to_have_text("$149.99")
    expect(page.get_by_test_id("enroll-PAID-1")).to_have_attribute("href", "checkout.html?courseId=PAID-1&code=SAVE20")
    expect(page.get_by_text("The code SAVE20 is entered for you")).to_be_visible()
    expect(page.get_by_text("take your money back")).to_be_visible()


def test_a_free_course_is_enrolled_with_one_click(visit: Visit) -> None:
    """One POST, and the page carries the badge, which has the focus, and the way to the lessons."""
    visit.school.script(*_ENROLL, _ACTIVE)
    visit.sign_in()
    page = visit.open("course.html?id=FREE-1")
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("You are enrolled in React for Beginners.")
    expect(page.get_by_test_id("learn-FREE-1")).to_have_attribute("href", "learn.html?id=FREE-1")
    assert visit.school.bodies(*_ENROLL) == [{"courseId": "FREE-1"}]


def test_a_busy_api_is_asked_again_before_the_student_is_bothered(visit: Visit) -> None:
    """A 503 is retried by itself; the badge says Enrolled only after the API has."""
    visit.school.script(*_ENROLL, _BUSY, _ACTIVE)
    visit.sign_in()
    page = visit.open("course.html?id=FREE-1")
    tries: list[Route] = []

    def hold_the_second(route: Route) -> None:
        tries.append(route)
        if len(tries) == 1:
            route.continue_()

    page.route("**/api/enrollments", hold_the_second)
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_role("button", name="Still trying…").first).to_be_visible()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_have_count(0)
    while len(tries) == 1:
        page.wait_for_timeout(20)
    tries[-1].continue_()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_visible()


def test_a_refused_enrollment_says_why_and_can_be_tried_again(visit: Visit) -> None:
    """The button returns, with the API's sentence, the request id and a way to try again."""
    visit.school.script(*_ENROLL, refusal(500, "That did not work."), _ACTIVE)
    visit.sign_in()
    page = visit.open("course.html?id=FREE-1")
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work.")
    expect(page.get_by_role("alert")).to_contain_text("req-42")
    expect(page.get_by_test_id("enroll-FREE-1")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(("status", "words"), [("processing", "Bank is confirming"), ("review", "Being checked")])
def test_who_has_paid_is_not_asked_to_pay_again(visit: Visit, status: str, words: str) -> None:
    """Neither price nor button, but what is happening and the way to the purchase."""
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [_session(status)]))
    visit.sign_in()
    page = visit.open("course.html?id=PAID-1")
    expect(page.get_by_test_id("standing-PAID-1")).to_have_text(words)
    expect(page.get_by_test_id("enroll-PAID-1")).to_have_count(0)
    expect(page.get_by_role("link", name="See the purchase")).to_have_attribute("href", "purchases.html")


def test_an_open_checkout_is_gone_on_with(visit: Visit) -> None:
    """The button says so, and that nothing was charged."""
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [_session("pending", uiMode="embedded")]))
    visit.sign_in()
    page = visit.open("course.html?id=PAID-1")
    expect(page.get_by_test_id("enroll-PAID-1")).to_have_text("Continue payment")
    expect(page.get_by_text("Nothing has been charged.")).to_be_visible()


def test_a_decided_payment_is_no_longer_in_the_way(visit: Visit) -> None:
    """Once a review ended with the money going back, the course can be bought again."""
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [_session("review", resolution="refunded")]))
    visit.sign_in()
    page = visit.open("course.html?id=PAID-1")
    expect(page.get_by_test_id("enroll-PAID-1")).to_have_text("Buy the course")


def test_a_course_that_is_announced_cannot_be_bought(visit: Visit) -> None:
    """It says so, without a button."""
    page = visit.open("course.html?id=SOON-1")
    expect(page.get_by_test_id("price-SOON-1")).to_have_text("Coming soon")
    expect(page.get_by_test_id("enroll-SOON-1")).to_have_count(0)


@pytest.mark.parametrize(
    ("address", "sentence"), [("course.html", "Which course"), ("course.html?id=NO", "no such course")]
)
def test_an_address_without_a_course_leads_back_to_the_courses(visit: Visit, address: str, sentence: str) -> None:
    """No empty page: a sentence and the way to all courses."""
    visit.school.script("GET", "/api/courses/NO", refusal(404, "There is no such course.", "course_not_found"))
    page = visit.open(address)
    expect(page.locator("[data-slot=page-error]")).to_contain_text(re.compile(sentence))
    expect(page.locator("main").get_by_role("link", name=re.compile("ll courses")).first).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


_INTEREST = ("POST", "/api/courses/SOON-1/interest")


def test_an_announced_course_takes_an_address(visit: Visit) -> None:
    """Sent once as it was typed, thanked for in place, with the focus on the thanks."""
    visit.school.script(*_INTEREST, Reply(202, {"kept": True}))
    page = visit.open(f"course.html?id={SOON['courseId']}")
    page.get_by_test_id("interest-email").fill("ada@example.com")
    page.get_by_test_id("interest-submit").click()
    expect(page.get_by_text("Thank you. We write to ada@example.com")).to_be_visible()
    expect(page.get_by_test_id("interest-email")).to_have_count(0)
    assert visit.school.bodies(*_INTEREST) == [{"email": "ada@example.com"}]


def test_an_address_that_is_not_taken_stays_to_be_corrected(visit: Visit) -> None:
    """The sentence is the school's; what was typed is kept."""
    visit.school.script(*_INTEREST, refusal(429, "Too many attempts.", "rate_limited"))
    page = visit.open(f"course.html?id={SOON['courseId']}")
    page.get_by_test_id("interest-email").fill("ada@example.com")
    page.get_by_test_id("interest-submit").click()
    expect(page.get_by_test_id("interest-message")).to_contain_text("Too many attempts.")
    expect(page.get_by_test_id("interest-email")).to_have_value("ada@example.com")


_LINE = "/api/courses/FREE-1/waitlist"
_WAITING = {"courseId": "FREE-1", "state": "waiting", "position": 3}
_NOT_IN_LINE = {"courseId": "FREE-1", "state": "none"}


def _small(visit: Visit, seats_left: int) -> None:
    """The free course has five seats, of which so many are left."""
    course = {**FREE, "capacity": 5, "seatsLeft": seats_left}
    visit.school.script("GET", "/api/courses/FREE-1", Reply(200, course))


def test_a_full_course_leads_a_visitor_to_its_waiting_list(visit: Visit) -> None:
    """By an account, and back to the course."""
    _small(visit, 0)
    page = visit.open("course.html?id=FREE-1")
    expect(page.get_by_test_id("full-FREE-1")).to_have_text("Full")
    expect(page.get_by_test_id("enroll-FREE-1")).to_have_count(0)
    page.get_by_test_id("join-line-FREE-1").click()
    expect(page).to_have_url(re.compile(r"signin\.html\?next=course\.html%3Fid%3DFREE-1&mode=up"))


def test_a_student_joins_the_line_and_leaves_it(visit: Visit) -> None:
    """With their number in it; each is one call."""
    _small(visit, 0)
    visit.school.script("GET", _LINE, Reply(200, _NOT_IN_LINE))
    visit.school.script("POST", _LINE, Reply(201, _WAITING))
    visit.school.script("DELETE", _LINE, Reply(200, _NOT_IN_LINE))
    visit.sign_in()
    page = visit.open("course.html?id=FREE-1")
    page.get_by_test_id("join-line-FREE-1").click()
    expect(page.get_by_test_id("place-FREE-1")).to_have_text("Number 3 in line")
    page.get_by_test_id("leave-line-FREE-1").click()
    expect(page.get_by_test_id("join-line-FREE-1")).to_be_visible()


def test_a_seat_that_is_held_can_be_taken_until_it_lapses(visit: Visit) -> None:
    """Until when is said; the way in is open, though the course is full for others."""
    _small(visit, 0)
    held = {"courseId": "FREE-1", "state": "held", "heldUntil": "2999-01-17T12:00:00.000Z"}
    visit.school.script("GET", _LINE, Reply(200, held))
    visit.school.script(*_ENROLL, _ACTIVE)
    visit.sign_in()
    page = visit.open("course.html?id=FREE-1")
    expect(page.get_by_test_id("held-FREE-1")).to_contain_text("January 17, 2999")
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_visible()


def test_the_last_seats_are_counted_and_may_go_while_one_looks(visit: Visit) -> None:
    """Who comes too late reads so and can wait."""
    _small(visit, 1)
    visit.school.script("GET", _LINE, Reply(200, _NOT_IN_LINE))
    visit.school.script(*_ENROLL, refusal(409, "This course is full.", "course_full"))
    visit.sign_in()
    page = visit.open("course.html?id=FREE-1")
    expect(page.get_by_test_id("seats-FREE-1")).to_have_text("1 seat left")
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_test_id("join-line-FREE-1")).to_be_visible()
    expect(page.get_by_text("This course is full.").first).to_be_visible()


def test_a_course_by_invitation_says_so(visit: Visit) -> None:
    """Beside what it costs; who is not invited reads why."""
    course = {**FREE, "pricingModel": "invitation"}
    visit.school.script("GET", "/api/courses/FREE-1", Reply(200, course))
    visit.school.script(*_ENROLL, refusal(403, "This course is by invitation.", "not_invited"))
    visit.sign_in()
    page = visit.open("course.html?id=FREE-1")
    expect(page.get_by_test_id("by-invitation-FREE-1")).to_have_text("by invitation")
    expect(page.get_by_test_id("price-FREE-1")).to_have_text("Free")
    page.get_by_test_id("enroll-FREE-1").click()
    expect(page.get_by_text("This course is by invitation.").first).to_be_visible()
    expect(page.get_by_text("false", exact=True)).to_have_count(0)


def test_a_course_whose_sales_are_paused_offers_nothing(visit: Visit) -> None:
    """Neither its page nor its card asks for money that would be refused."""
    closed = PAID | {"salesClosed": True}
    visit.school.script("GET", "/api/courses/PAID-1", Reply(200, closed))
    visit.school.script("GET", "/api/courses", Reply(200, [closed]))
    page = visit.open("course.html?id=PAID-1")
    expect(page.get_by_test_id("price-PAID-1")).to_have_text("Paused")
    expect(page.get_by_test_id("enroll-PAID-1")).to_have_count(0)
    visit.open("index.html")
    expect(page.get_by_test_id("price-PAID-1")).to_have_text("Paused")


def test_the_address_bar_shows_the_page_that_previews_can_read(visit: Visit) -> None:
    """Where the course has a page of its own; who signs in from there comes back to the course, with the code."""
    config = {"apiBase": visit.school.url, "school": {}, "coursePages": ["PAID-1"]}
    visit.page.route("**/config.json", lambda route: route.fulfill(json=config))
    page = visit.open("course.html?id=PAID-1&code=SPRING")
    expect(page).to_have_url(f"{visit.site}/course-PAID-1.html?code=SPRING")
    expect(page.locator("link[rel=canonical]")).to_have_attribute("href", f"{visit.site}/course-PAID-1.html")
    expect(page.get_by_role("link", name="Sign in")).to_have_attribute(
        "href", "signin.html?next=course.html%3Fid%3DPAID-1%26code%3DSPRING"
    )
