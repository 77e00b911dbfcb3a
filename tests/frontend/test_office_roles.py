"""What somebody of the school may do decides what is offered; and every change is on a page with who made it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from adapters.http.permissions import PERMISSIONS, Role
from tests.frontend.conftest import Logic, Visit
from tests.frontend.fake_school import Reply
from tests.frontend.office_school import HISTORY, RECORD, in_office

pytestmark = pytest.mark.browser


def test_the_pages_know_who_may_do_what(logic: Logic) -> None:
    """As the API's own table has it: call by call, role by role."""
    pages = {call: {role for role in Role if logic.call("office.mayCall", [role.value], call)} for call in PERMISSIONS}
    assert pages == PERMISSIONS
    assert not logic.call("office.mayCall", [], "GET /api/admin/figures")
    assert logic.call("office.mayCall", ["other", "finance"], "GET /api/admin/figures")


def test_support_is_offered_nothing_that_is_about_money(visit: Visit) -> None:
    """Nor asked for: no call is made that would be refused."""
    page = in_office(visit, "office.html", groups=("support",))
    expect(page.get_by_test_id("review-ps_1")).to_be_visible()
    expect(page.get_by_role("link", name="Figures")).to_be_hidden()
    expect(page.get_by_role("link", name="Who did what")).to_have_count(0)
    page.goto(f"{visit.site}/office.html?view=payment&id=ps_1")
    expect(page.get_by_test_id("kept")).to_have_text("$119.99")
    expect(page.get_by_text("Refunds and decisions are for who keeps the school's money")).to_be_visible()
    expect(page.get_by_test_id("refund")).to_have_count(0)
    page.goto(f"{visit.site}/office.html?view=course&id=PAID-1")
    expect(page.get_by_role("row", name=re.compile("Nadia Rahman"))).to_be_visible()
    for testid in ("change-course", "save-lessons", "reprice", "sales", "set-capacity"):
        expect(page.get_by_test_id(testid)).to_have_count(0)
    page.goto(f"{visit.site}/office.html?view=coupons")
    expect(page.get_by_text("SPRING", exact=True)).to_be_visible()
    expect(page.get_by_test_id("create-coupon")).to_have_count(0)
    expect(page.get_by_role("button", name="Switch off: SPRING")).to_have_count(0)
    asked = {path.partition("?")[0] for _, path, _ in visit.school.calls}
    assert not asked & {"/api/admin/figures", "/api/admin/audit"}


def test_finance_does_not_change_who_is_in_a_course(visit: Visit) -> None:
    """A student's history is there to read."""
    visit.school.script("GET", "/api/admin/students/user-7", Reply(200, HISTORY))
    page = in_office(visit, "office.html?view=students&user=user-7", groups=("finance",))
    expect(page.get_by_role("heading", name="Nadia Rahman")).to_be_visible()
    expect(page.get_by_test_id("access")).to_have_count(0)


def test_a_change_shows_who_made_it(visit: Visit) -> None:
    """On the course, with the reason; anew after the next change."""
    path = ("PUT", "/api/admin/courses/PAID-1/sales")
    visit.school.script(*path, Reply(200, {"courseId": "PAID-1", "salesClosed": True}))
    page = in_office(visit, "office.html?view=course&id=PAID-1")
    records = page.get_by_role("region", name="Who did what")
    expect(records.get_by_role("row").nth(1)).to_contain_text("A better name.")
    expect(records.get_by_role("row").nth(1)).to_contain_text("admin-1")
    mine = RECORD | {"action": "sales_closed", "by": "s-1", "reason": "Being recorded anew."}
    visit.school.script("GET", "/api/admin/audit", Reply(200, [mine, RECORD]))
    page.get_by_test_id("sales-reason").fill("Being recorded anew.")
    page.get_by_test_id("sales").click()
    expect(records.get_by_role("row").nth(1)).to_contain_text(re.compile("New enrollments paused.*you"))


def test_a_students_records_follow_each_change(visit: Visit) -> None:
    """What was done is shown anew, and so are the courses."""
    visit.school.script("GET", "/api/admin/students/user-7", Reply(200, HISTORY))
    visit.school.script("PUT", "/api/admin/students/user-7/enrollments/PAID-1", Reply(200, {}))
    page = in_office(visit, "office.html?view=students&user=user-7&course=PAID-1&action=grant")
    records = page.get_by_role("region", name="Who did what")
    expect(records.get_by_role("row").nth(1)).to_contain_text(re.compile("Enrollment ended.*you"))
    granted = RECORD | {"action": "enrollment_granted", "reason": "A gift."}
    visit.school.script("GET", "/api/admin/students/user-7", Reply(200, HISTORY | {"audit": [granted]}))
    page.get_by_test_id("reason").fill("A gift.")
    page.get_by_test_id("access").click()
    expect(records.get_by_role("row").nth(1)).to_contain_text("Course given")


def test_the_record_of_a_month_is_listed_page_by_page(visit: Visit) -> None:
    """Everything that was done, with what it was about; the month is in the address; as a file."""
    first = Reply(200, [RECORD], (("X-Next-Cursor", "abc"), ("Access-Control-Expose-Headers", "X-Next-Cursor")))
    coupon = {name: value for name, value in RECORD.items() if name != "courseId"}
    second = Reply(200, [coupon | {"action": "coupon_issued", "couponCode": "SPRING", "reason": "=1+1"}])
    visit.school.script("GET", "/api/admin/audit", first, second)
    page = in_office(visit, "office.html?view=records&month=2026-11")
    expect(page.get_by_role("link", name="PAID-1")).to_have_attribute("href", "office.html?view=course&id=PAID-1")
    page.get_by_role("button", name="Show older ones").click()
    expect(page.get_by_role("row", name=re.compile("Code created.*SPRING"))).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name="Export (CSV)").click()
    lines = started.value.path().read_text("utf-8-sig").splitlines()
    assert lines[2] == "2026-11-20T12:00:00Z,admin-1,,coupon_issued,,,SPRING,'=1+1"


def test_a_month_without_a_change_says_so(visit: Visit) -> None:
    """Empty is said in words."""
    visit.school.script("GET", "/api/admin/audit", Reply(200, []))
    page = in_office(visit, "office.html?view=records&month=2025-01")
    expect(page.get_by_role("heading", name="Nothing was changed")).to_be_visible()
