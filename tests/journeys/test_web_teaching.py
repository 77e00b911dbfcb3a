"""A course from nothing: made, filled with lessons and opened by the school in the browser, taken by a student."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.support.stack.running_stack import LiveSchool
from tests.support.stack.shopper import PATIENCE, Shopper

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser."""
    expect.set_options(timeout=PATIENCE)
    profile = browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
    yield profile
    profile.close()


def test_a_course_is_made_opened_and_taken(browser: Browser, context: BrowserContext, school: LiveSchool) -> None:
    """With two lessons; the second is renamed while somebody has done the first, and nothing of theirs is lost."""
    course_id = f"RUST-{uuid.uuid4().hex[:6].upper()}"
    office = Shopper(context.new_page(), school.stack.web_url)
    office.sign_in("admin@example.com")
    office.page.goto(f"{office.site}/office.html?view=courses")
    office.see("courseId").fill(course_id)
    office.see("course-name").fill("Rust, Slowly")
    office.see("model").select_option("free")
    office.see("reason").fill("The course of spring.")
    office.see("create-course").click()
    expect(office.page.get_by_role("heading", level=1)).to_have_text("Rust, Slowly")
    office.see("lesson-lines").fill("# Start\nWhy Rust | 10\nOwnership | 25")
    office.see("lessons-reason").fill("The first two.")
    office.see("save-lessons").click()
    expect(office.see("lesson-lines")).to_have_value("# Start\nWhy Rust | 10 | why-rust\nOwnership | 25 | ownership")
    office.see("goals").fill("Read the compiler's errors\nBorrow without fear")
    office.see("soon").uncheck()
    office.see("edit-reason").fill("It begins.")
    office.see("change-course").click()
    records = office.page.get_by_role("region", name="Who did what")
    expect(records).to_contain_text("It begins.")
    expect(records).to_contain_text("The first two.")

    with browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce") as profile:
        learner = Shopper(profile.new_page(), school.stack.web_url)
        learner.sign_in(school.user("Lena Learner"))
        learner.open_course(course_id)
        expect(learner.page.get_by_text("Borrow without fear")).to_be_visible()
        expect(learner.page.get_by_text("2 lessons").first).to_be_visible()
        learner.see(f"enroll-{course_id}").click()
        learner.see(f"learn-{course_id}").click()
        expect(learner.page.get_by_role("heading", level=1)).to_have_text("Why Rust")
        learner.see("mark-done").click()
        expect(learner.page.get_by_role("heading", level=1)).to_have_text("Ownership")

        office.see("lesson-lines").fill(
            "# Start\nWhy Rust | 10 | why-rust\nOwnership and borrowing | 30 | ownership\nLifetimes"
        )
        office.see("lessons-reason").fill("A third one.")
        office.see("save-lessons").click()
        expect(office.see("lesson-lines")).to_have_value(
            "# Start\nWhy Rust | 10 | why-rust\nOwnership and borrowing | 30 | ownership\nLifetimes | | lifetimes"
        )
        learner.page.reload()
        expect(learner.page.get_by_role("heading", level=1)).to_have_text("Ownership and borrowing")
        expect(learner.page.locator("#outline")).to_contain_text("1 of 3 lessons done")
        expect(learner.see("lesson-why-rust")).to_have_class("is-done")
        assert learner.problems == []
    assert office.problems == []
