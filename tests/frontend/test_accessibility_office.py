"""What the school's own pages owe everybody: nothing for axe to find, in every view and state, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.frontend.axe import fits_a_phone, violations
from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply
from tests.frontend.office_school import HISTORY, PAYMENT, REVIEW, history, in_office

pytestmark = pytest.mark.browser

_OFFICE = (
    "today",
    "payments",
    "payment&id=ps_1",
    "students",
    "courses",
    "course&id=PAID-1",
    "course&id=SOON-1",
    "coupons",
    "records",
    "figures&from=2026-11-01&to=2026-11-21",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", _OFFICE)
def test_axe_finds_nothing_in_the_office(visit: Visit, view: str, scheme: str) -> None:
    """Every view of the school's pages, in both schemes, wide and narrow; nothing scrolls sideways or is too low."""
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    visit.school.script("GET", "/api/admin/payments/ps_1/history", history(PAYMENT if scheme == "light" else REVIEW))
    page = in_office(visit, f"office.html?view={view}")
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert violations(page) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == {}
    fits_a_phone(page)


def test_axe_finds_nothing_in_a_students_history(visit: Visit) -> None:
    """Courses, payments, and who did what."""
    visit.school.script("GET", "/api/admin/students/user-7", Reply(200, HISTORY))
    page = in_office(visit, "office.html?view=students&user=user-7")
    expect(page.get_by_role("region", name="Who did what")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert violations(page) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == {}
    fits_a_phone(page)
