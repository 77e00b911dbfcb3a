"""After the purchase, on the real pages: lessons that play, a certificate to be verified, the school's own pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.support.stack.running_stack import FREE, PAID, LiveSchool
from tests.support.stack.shopper import PATIENCE, Shopper

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SOON = "TEST-COURSE-006"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser."""
    expect.set_options(timeout=PATIENCE)
    profile = browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
    yield profile
    profile.close()


def test_a_lesson_plays_for_who_is_enrolled(context: BrowserContext, school: LiveSchool) -> None:
    """The film is loaded from an address signed for some hours; without the signature there is nothing."""
    shopper = Shopper(context.new_page(), school.stack.web_url)
    shopper.sign_in(school.user("Lena Lesson"))
    shopper.open_course(FREE)
    shopper.see(f"enroll-{FREE}").click()
    shopper.see(f"learn-{FREE}").click()
    film = shopper.see("film")
    expect(film).to_be_visible()
    # No wait_for_function: it evaluates text in the page, which the page's own policy forbids once it has to wait.
    film.evaluate(
        "film => film.readyState >= 1 || new Promise((done, fail) => {"
        " film.addEventListener('loadedmetadata', () => done(true), { once: true });"
        " film.addEventListener('error', () => fail(new Error('The film did not load.')), { once: true }); })"
    )
    address = str(film.get_attribute("src"))
    assert "Signature=" in address
    with urlopen(address) as lesson:
        assert lesson.status == 200
    with pytest.raises(HTTPError, match="403"):
        urlopen(address.partition("?")[0])
    assert shopper.problems == []


def test_a_completed_course_is_certified_for_everybody(context: BrowserContext, school: LiveSchool) -> None:
    """All lessons done, the certificate issued, verified by a stranger; and void once the enrollment ends."""
    student = school.student("cleo")
    student.enroll(FREE)
    assert student.patch(f"/api/enrollments/{FREE}", {"progress": 100}).status == 200
    number = student.post(f"/api/enrollments/{FREE}/certificate").body["number"]
    shopper = Shopper(context.new_page(), school.stack.web_url)
    shopper.page.goto(f"{shopper.site}/certificate.html?number={number}")
    expect(shopper.see("certificate")).to_contain_text("Introduction to Web Development")
    user_id = student.get(f"/api/enrollments/{FREE}").body["userId"]
    revoke = f"/api/admin/students/{user_id}/enrollments/{FREE}/revoke"
    assert school.admin().post(revoke, {"reason": "Shared the lessons."}).status == 200
    shopper.page.reload()
    expect(shopper.page.get_by_text("There is no valid certificate with this number")).to_be_visible()
    assert shopper.problems == []


def test_the_school_sees_a_sale_and_refunds_it(context: BrowserContext, school: LiveSchool) -> None:
    """Found by its order number; the refund goes to the provider once, and the student's access ends."""
    student = school.student("rhea")
    session_id, checkout_id = student.checkout()
    school.pay(checkout_id)
    school.hear()
    assert student.is_enrolled()
    office = Shopper(context.new_page(), school.stack.web_url)
    office.sign_in("admin@example.com")
    office.see("to-office").click()
    expect(office.see("sales-usd")).to_contain_text("$")
    office.see("order-number").fill(session_id)
    office.see("find-payment").click()
    expect(office.see("kept")).to_have_text("$149.99")
    office.see("refund-reason").fill("The course was not what she expected.")
    office.see("refund").dblclick()
    expect(office.see("kept")).to_have_text("$0.00")
    school.hear()
    assert not student.is_enrolled()
    office.page.goto(f"{office.site}/office.html?view=course&id={PAID}")
    expect(office.page.get_by_role("heading", level=1)).to_be_visible()
    assert office.problems == []


def test_interest_in_an_announced_course_reaches_the_school(context: BrowserContext, school: LiveSchool) -> None:
    """A stranger leaves an address; the school reads it on the course's page."""
    stranger = Shopper(context.new_page(), school.stack.web_url)
    stranger.open_course(SOON)
    stranger.see("interest-email").fill("curious@example.com")
    stranger.see("interest-submit").click()
    expect(stranger.page.get_by_text(re.compile("We write to curious@example.com"))).to_be_visible()
    office = Shopper(context.new_page(), school.stack.web_url)
    office.sign_in("admin@example.com")
    office.page.goto(f"{office.site}/office.html?view=course&id={SOON}")
    expect(office.page.get_by_text("curious@example.com")).to_be_visible()
    assert stranger.problems == office.problems == []
