"""Finding people and payments in the school's pages, their histories, and changing courses."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply
from tests.frontend.office_school import HISTORY, PAYMENT, REFUND, STUDENT, in_office

pytestmark = pytest.mark.browser


def test_a_student_is_found_by_e_mail(visit: Visit) -> None:
    """And then shown whole: courses with how they stand, and payments."""
    visit.school.script("GET", "/api/admin/students", Reply(200, [STUDENT]))
    visit.school.script("GET", "/api/admin/students/user-7", Reply(200, HISTORY))
    page = in_office(visit, "office.html?view=students")
    page.get_by_test_id("email").fill("nadia@example.com")
    page.get_by_test_id("find-student").click()
    page.get_by_role("link", name=re.compile("Nadia Rahman")).click()
    expect(page.get_by_role("heading", name="Nadia Rahman")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("React for Beginners"))).to_contain_text(
        "ended November 19, 2026, barred"
    )
    expect(page.get_by_role("region", name="Payments")).to_contain_text("$119.99")
    expect(page.get_by_test_id("user")).to_have_value("user-7")


def test_nobody_by_that_address_is_said(visit: Visit) -> None:
    """The list stays empty, in words."""
    visit.school.script("GET", "/api/admin/students", Reply(200, []))
    page = in_office(visit, "office.html?view=students")
    page.get_by_test_id("email").fill("nobody@example.com")
    page.get_by_test_id("find-student").click()
    expect(page.get_by_text("There is no such student.")).to_be_visible()


def test_payments_are_listed_page_by_page(visit: Visit) -> None:
    """By status and course, which are in the address; older ones on demand."""
    first = Reply(200, [PAYMENT], (("X-Next-Cursor", "abc"), ("Access-Control-Expose-Headers", "X-Next-Cursor")))
    second = Reply(200, [PAYMENT | {"id": "ps_2", "courseName": "Full-Stack Development"}])
    visit.school.script("GET", "/api/admin/payments", Reply(200, []), first, second)
    page = in_office(visit, "office.html?view=payments&status=completed")
    expect(page.get_by_role("row", name=re.compile("AWS Cloud Mastery"))).to_be_visible()
    expect(page.get_by_test_id("status")).to_have_value("completed")
    page.get_by_role("button", name="Show older ones").click()
    expect(page.get_by_role("row", name=re.compile("Full-Stack"))).to_be_visible()
    expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)


def test_a_payment_is_found_by_the_providers_number(visit: Visit) -> None:
    """As it stands on a bank statement or at the provider."""
    visit.school.script("GET", "/api/admin/payments", Reply(200, []), Reply(200, []), Reply(200, [PAYMENT]))
    visit.school.script("GET", "/api/admin/students/user-7", Reply(200, HISTORY))
    visit.school.script(
        "GET", "/api/admin/payments/ps_1/history", Reply(200, {"payment": PAYMENT, "refunds": [REFUND]})
    )
    page = in_office(visit, "office.html?view=payments")
    expect(page.get_by_text("No such payment")).to_be_visible()
    page.get_by_test_id("order-number").fill("pi_123")
    page.get_by_test_id("find-payment").click()
    expect(page.get_by_text("Refund of $50.00")).to_be_visible()
    expect(page.get_by_text("done · One module was cancelled. · by admin-1")).to_be_visible()
    expect(page.get_by_role("region", name="Student and provider")).to_contain_text("Nadia Rahman")


def test_a_course_is_changed_from_what_was_seen(visit: Visit) -> None:
    """Only what is different is sent, with what it was before and a reason."""
    path = ("PATCH", "/api/admin/courses/PAID-1")
    visit.school.script(*path, Reply(200, {"courseId": "PAID-1", "name": "AWS in Depth"}))
    page = in_office(visit, "office.html?view=course&id=PAID-1")
    page.get_by_test_id("course-name").fill("AWS in Depth")
    page.get_by_test_id("edit-reason").fill("A better name.")
    page.get_by_test_id("change-course").dblclick()
    expect(page.get_by_text("Saved. The course's page shows it from now on.").first).to_be_visible()
    assert visit.school.bodies(*path) == [
        {"name": "AWS in Depth", "before": {"name": "AWS Cloud Mastery"}, "reason": "A better name."}
    ]


def test_a_price_is_changed_in_minor_units(visit: Visit) -> None:
    """What is no price is not sent."""
    path = ("PUT", "/api/admin/courses/PAID-1/price")
    visit.school.script(*path, Reply(200, {}))
    page = in_office(visit, "office.html?view=course&id=PAID-1")
    page.get_by_test_id("price-reason").fill("Spring.")
    page.get_by_test_id("price").fill("free")
    page.get_by_test_id("reprice").click()
    expect(page.get_by_test_id("reprice-message")).to_contain_text("Type a price")
    page.get_by_test_id("price").fill("129.50")
    page.get_by_test_id("reprice").click()
    expect(page.get_by_text("The course costs $129.50 from now on.").first).to_be_visible()
    assert visit.school.bodies(*path) == [{"price": 12950, "currency": "usd", "reason": "Spring."}]


def test_a_course_is_created_and_opened_later(visit: Visit) -> None:
    """With a price in minor units; its own page is next."""
    made = {"courseId": "PAID-1", "name": "Rust"}
    visit.school.script("POST", "/api/admin/courses", Reply(201, made))
    page = in_office(visit, "office.html?view=courses")
    page.get_by_test_id("courseId").fill("RUST-1")
    page.get_by_test_id("course-name").fill("Rust")
    page.get_by_test_id("price").fill("99")
    page.get_by_test_id("reason").fill("New this spring.")
    page.get_by_test_id("create-course").click()
    expect(page).to_have_url(re.compile("view=course&id=PAID-1"))
    [sent] = visit.school.bodies("POST", "/api/admin/courses")
    assert (sent["courseId"], sent["price"], sent["currency"]) == ("RUST-1", 9900, "usd")


def test_today_shows_the_latest_payments_that_came_to_something(visit: Visit) -> None:
    """Checkouts that ended without a payment are left to the list of all."""
    over = PAYMENT | {"id": "ps_2", "status": "expired", "courseName": "Never Paid"}
    visit.school.script("GET", "/api/admin/payments", Reply(200, []), Reply(200, [PAYMENT, over]))
    page = in_office(visit, "office.html")
    latest = page.get_by_role("region", name="Latest payments")
    expect(latest.get_by_role("link", name="AWS Cloud Mastery")).to_be_visible()
    expect(latest.get_by_text("Never Paid")).to_have_count(0)
