"""What the school's own pages owe everybody: nothing for axe to find, in every view and state, wide and narrow."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.frontend.axe import all_is_answered, fits_a_phone, to_dark_and_narrow, violations
from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply
from tests.frontend.office_school import DISPUTE, DISPUTED, HISTORY, OPEN_DISPUTE, PAYMENT, REVIEW, history, in_office

pytestmark = pytest.mark.browser

_OFFICE = (
    ("today", PAYMENT),
    ("payments", PAYMENT),
    ("payment&id=ps_1", PAYMENT),
    ("payment&id=ps_1", REVIEW),
    ("students", PAYMENT),
    ("courses", PAYMENT),
    ("course&id=PAID-1", PAYMENT),
    ("course&id=SOON-1", PAYMENT),
    ("coupons", PAYMENT),
    ("records", PAYMENT),
    ("figures&from=2026-11-01&to=2026-11-21", PAYMENT),
)


@pytest.mark.parametrize(("view", "payment"), _OFFICE)
def test_axe_finds_nothing_in_the_office(visit: Visit, view: str, payment: dict[str, Any]) -> None:
    """Every view of the office, light and wide, then dark and narrow; nothing scrolls sideways or is too low."""
    visit.page.emulate_media(color_scheme="light")
    visit.school.script("GET", "/api/admin/payments/ps_1/history", history(payment))
    page = in_office(visit, f"office.html?view={view}")
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    all_is_answered(page)
    assert violations(page) == {}
    to_dark_and_narrow(page)
    assert violations(page) == {}
    fits_a_phone(page)


@pytest.mark.parametrize("view", ["", "payment&id=ps_1"])
def test_axe_finds_nothing_where_payments_are_disputed(visit: Visit, view: str) -> None:
    """One to be answered, and one that waits for its bank alone."""
    answered = {name: value for name, value in DISPUTE.items() if name != "respondBy"}
    visit.school.script("GET", "/api/admin/payments/ps_1/history", history(DISPUTED, refunds=[DISPUTE]))
    visit.school.script(
        "GET",
        "/api/admin/disputes",
        Reply(200, [OPEN_DISPUTE, {"payment": DISPUTED | {"id": "ps_2"}, "dispute": answered}]),
    )
    page = in_office(visit, f"office.html?view={view}")
    all_is_answered(page)
    if not view:
        page.get_by_text("1 dispute waits for its bank").click()
        expect(page.get_by_test_id("dispute-ps_2")).to_be_visible()
    assert violations(page) == {}
    to_dark_and_narrow(page)
    assert violations(page) == {}
    fits_a_phone(page)


def test_axe_finds_nothing_in_a_students_history(visit: Visit) -> None:
    """Courses, payments, and who did what."""
    visit.school.script("GET", "/api/admin/students/user-7", Reply(200, HISTORY))
    page = in_office(visit, "office.html?view=students&user=user-7")
    expect(page.get_by_role("region", name="Who did what")).to_be_visible()
    all_is_answered(page)
    assert violations(page) == {}
    to_dark_and_narrow(page)
    assert violations(page) == {}
    fits_a_phone(page)
