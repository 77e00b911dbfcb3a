"""My courses and the lessons: what is done, where one was, and the way on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply, refusal

pytestmark = pytest.mark.browser

_PATCH = ("PATCH", "/api/enrollments/FREE-1")


def _enrolled(**more: object) -> dict[str, Any]:
    return {
        "courseId": "FREE-1",
        "paymentStatus": "free",
        "progress": 0,
        "completed": False,
        "enrolledAt": "2026-11-20T10:00:00Z",
        **more,
    }


def _open(visit: Visit, address: str, **more: object) -> Page:
    visit.school.script("GET", "/api/enrollments", Reply(200, [_enrolled(**more)]))
    visit.school.script(*_PATCH, Reply(200, _enrolled(**more)))
    visit.sign_in()
    return visit.open(address)


def test_my_courses_lead_on_where_one_stopped(visit: Visit) -> None:
    """Progress, the next lesson by name, and one button."""
    page = _open(visit, "dashboard.html", progress=33, completedLectureIds=["L1"], currentLectureId="L2")
    row = page.get_by_test_id("course-card-FREE-1")
    expect(row.get_by_role("progressbar", name="33% done")).to_have_attribute("value", "33")
    expect(row).to_contain_text("Next: useState")
    expect(row.get_by_role("link", name="Continue learning")).to_have_attribute("href", "learn.html?id=FREE-1")


def test_an_open_checkout_stands_below_the_courses(visit: Visit) -> None:
    """What is not paid yet is offered to be finished."""
    pending = {"id": "ps_1", "courseId": "PAID-1", "status": "pending", "uiMode": "embedded"}
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [pending]))
    page = _open(visit, "dashboard.html")
    expect(page.get_by_role("list", name="My courses").get_by_role("listitem").last).to_contain_text(
        "AWS Cloud Mastery"
    )
    expect(page.get_by_role("link", name="Continue payment")).to_have_attribute("href", "checkout.html?courseId=PAID-1")


def test_without_a_course_the_page_leads_to_the_storefront(visit: Visit) -> None:
    """Empty is said in words, with the one useful step."""
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_role("heading", name="No course yet")).to_be_visible()
    expect(page.get_by_role("link", name="See all courses")).to_have_attribute("href", "index.html")


def test_a_course_opens_at_the_lesson_where_one_was(visit: Visit) -> None:
    """What is done is ticked off, and the place is marked."""
    page = _open(visit, "learn.html?id=FREE-1", progress=33, completedLectureIds=["L1"], currentLectureId="L2")
    expect(page.get_by_role("heading", level=1)).to_have_text("useState")
    expect(page.get_by_text("Part 2: State · Lesson 2 of 3")).to_be_visible()
    expect(page.get_by_test_id("lesson-L1")).to_have_class("is-done")
    expect(page.get_by_test_id("lesson-L2")).to_have_attribute("aria-current", "page")
    expect(page.locator("#outline")).to_contain_text("1 of 3 lessons done, 1 h 12 min to go")


def test_a_lesson_is_ticked_off_and_the_next_one_opens(visit: Visit) -> None:
    """One PATCH with the lesson, the number and the percents; the next lesson's heading has the focus."""
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    after = _enrolled(progress=33, completedLectures=1, completedLectureIds=["L1"], currentLectureId="L2")
    visit.school.script(*_PATCH, Reply(200, after))
    page.get_by_test_id("mark-done").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("useState")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page).to_have_url(re.compile("lesson=L2"))
    expect(page.get_by_test_id("lesson-L1")).to_have_class("is-done")
    assert visit.school.bodies(*_PATCH)[0] == {
        "completedLectureIds": ["L1"],
        "completedLectures": 1,
        "progress": 33,
        "currentLectureId": "L2",
    }


def test_the_last_lesson_completes_the_course(visit: Visit) -> None:
    """It is said, seen and announced."""
    page = _open(visit, "learn.html?id=FREE-1", progress=66, completedLectureIds=["L1", "L2"], currentLectureId="L3")
    done = _enrolled(progress=100, completed=True, completedLectureIds=["L1", "L2", "L3"], currentLectureId="L3")
    visit.school.script(*_PATCH, Reply(200, done))
    page.get_by_test_id("mark-done").click()
    expect(page.get_by_text("Every lesson of React for Beginners is done.")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("You have completed the course.")
    assert visit.school.bodies(*_PATCH)[-1]["progress"] == 100


def test_progress_that_cannot_be_saved_says_so_and_can_be_saved_again(visit: Visit) -> None:
    """The lesson stays as it was; nothing pretends to be done."""
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    visit.school.script(*_PATCH, refusal(409, "Others kept changing it."))
    page.get_by_test_id("mark-done").click()
    expect(page.get_by_role("alert")).to_contain_text("Others kept changing it.")
    expect(page.get_by_test_id("mark-done")).to_have_text("Mark as done and go on")
    expect(page.get_by_test_id("lesson-L1")).not_to_have_class("is-done")


def test_back_and_forward_move_between_lessons(visit: Visit) -> None:
    """Each lesson has its address."""
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    page.get_by_test_id("lesson-L3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lifting state up")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("JSX without magic")


def test_who_is_not_enrolled_is_led_to_the_course(visit: Visit) -> None:
    """Lessons are for the enrolled; a pending payment is no enrollment."""
    page = _open(visit, "learn.html?id=FREE-1", paymentStatus="pending")
    expect(page.get_by_role("heading", name="You are not enrolled in this course")).to_be_visible()
    expect(page.get_by_role("link", name="See the course")).to_have_attribute("href", "course.html?id=FREE-1")


def test_enrollments_from_before_count_their_first_lessons_as_done(visit: Visit) -> None:
    """Where only a number was kept, that many lessons from the start are ticked off."""
    page = _open(visit, "learn.html?id=FREE-1", progress=66, completedLectures=2)
    expect(page.get_by_test_id("lesson-L2")).to_have_class("is-done")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lifting state up")
