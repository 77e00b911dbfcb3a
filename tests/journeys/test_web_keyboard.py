"""The school's day without a mouse: a sale is found, refunded, seen in the figures, and taken away as a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from scripts.stack.aws_resources import PASSWORD
from tests.support.stack.running_stack import LiveSchool
from tests.support.stack.shopper import PATIENCE, Shopper

pytestmark = [pytest.mark.browser, pytest.mark.journey]

_MOST_STEPS = 60


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desk with a keyboard."""
    expect.set_options(timeout=PATIENCE)
    profile = browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
    yield profile.new_page()
    profile.close()


def _go_to(page: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus, which is visible."""
    expect(wanted).to_be_visible()
    for _ in range(_MOST_STEPS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
            return
    pytest.fail(f"the keyboard does not reach {wanted}")


def _press(page: Page, wanted: Locator) -> None:
    _go_to(page, wanted)
    page.keyboard.press("Enter")


def _type(page: Page, wanted: Locator, text: str) -> None:
    _go_to(page, wanted)
    page.keyboard.type(text)


def test_a_sale_is_refunded_and_counted_by_keyboard_alone(page: Page, school: LiveSchool) -> None:
    """From signing in to the file; every control is reached by Tab, in sight, and does its work by Enter."""
    student = school.student("rhea")
    session_id, checkout_id = student.checkout()
    school.pay(checkout_id)
    school.hear()
    office = Shopper(page, school.stack.web_url)
    page.goto(f"{office.site}/signin.html")
    expect(office.see("signin-submit")).to_be_enabled()
    _type(page, office.see("signin-email"), "admin@example.com")
    _type(page, office.see("signin-password"), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator('[data-slot="initials"]')).not_to_be_empty()
    _press(page, office.see("to-office"))

    expect(office.see("sales-usd")).to_contain_text("$")
    _type(page, office.see("order-number"), session_id)
    page.keyboard.press("Enter")
    expect(office.see("kept")).to_have_text("$149.99")
    _type(page, office.see("refund-reason"), "The course was not what she expected.")
    _press(page, office.see("refund"))
    expect(office.see("kept")).to_have_text("$0.00")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    school.hear()
    assert not student.is_enrolled()

    _press(page, page.get_by_role("link", name="Figures"))
    by_course = page.get_by_role("region", name="By course")
    expect(by_course).to_contain_text("AWS Cloud Mastery")
    with page.expect_download() as started:
        _press(page, by_course.get_by_role("button", name="Export (CSV)"))
    lines = started.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Course,Currency,Orders,Received (minor units)")
    assert any(line.startswith("AWS Cloud Mastery,USD,") for line in lines)

    _press(page, page.get_by_role("link", name="Today"))
    _press(page, page.get_by_role("link", name="Who did what"))
    expect(page.get_by_role("row", name="Refund requested")).not_to_have_count(0)
    assert office.problems == []
