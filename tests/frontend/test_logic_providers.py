"""What the pages decide about payment providers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Logic, Visit
from tests.frontend.fake_school import PENDING, Reply

pytestmark = pytest.mark.browser

_BOTH = [{"name": "stripe", "publishableKey": "pk_test_1"}, {"name": "paypal", "publishableKey": "client"}]


@pytest.mark.parametrize(
    ("settings", "names"),
    [({}, ["stripe"]), ({"providers": []}, ["stripe"]), ({"providers": _BOTH}, ["stripe", "paypal"])],
)
def test_the_choice_is_what_the_school_offers(logic: Logic, settings: dict[str, Any], names: list[str]) -> None:
    """An API that names none sells through Stripe."""
    assert logic.call("providers.offered", settings) == names


@pytest.mark.parametrize(
    ("session", "chosen"),
    [
        ({"courseId": "c", "status": "pending", "provider": "paypal"}, "paypal"),
        ({"courseId": "c", "status": "pending", "provider": "gone"}, "stripe"),
        ({"courseId": "c", "status": "expired", "provider": "paypal"}, "stripe"),
        ({"courseId": "other", "status": "pending", "provider": "paypal"}, "stripe"),
    ],
)
def test_an_open_checkout_decides_what_is_chosen_first(logic: Logic, session: dict[str, Any], chosen: str) -> None:
    """Opening the page must not end the checkout that is open."""
    assert logic.call("providers.firstChoice", ["stripe", "paypal"], [session], "c") == chosen


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://www.paypal.com/checkoutnow?token=1", True),
        ("http://127.0.0.1:12112/checkoutnow", True),
        ("http://paypal.example/checkoutnow", False),
        ("javascript:alert(1)", False),
        ("", False),
        (None, False),
    ],
)
def test_a_student_is_sent_to_safe_pages_only(logic: Logic, address: str | None, *, allowed: bool) -> None:
    """Over https, or on this machine."""
    assert logic.call("providers.isOwnPage", address) is allowed


@pytest.mark.parametrize(
    ("query", "checkout"),
    [("?session_id=cs_1", "cs_1"), ("?token=5O1&PayerID=P", "5O1"), ("?session_id=cs_1&token=5O1", "cs_1"), ("", "")],
)
def test_the_way_back_names_the_checkout(logic: Logic, query: str, checkout: str) -> None:
    """Each provider has its own word for it."""
    assert logic.call("purchases.checkoutIn", query) == checkout


def test_choosing_another_provider_opens_its_checkout(visit: Visit) -> None:
    """The request names it; in place of the form stands the way to its page."""
    visit.school.providers = _BOTH
    page = visit.open_checkout()
    assert visit.school.bodies("POST", "/api/enrollments")[-1] == {"courseId": "PAID-1", "provider": "stripe"}
    address = "https://www.paypal.com/checkoutnow?token=1"
    there = {**PENDING, "provider": "paypal", "clientSecret": None, "redirectUrl": address}
    visit.school.script("POST", "/api/enrollments", Reply(201, there))
    page.get_by_test_id("provider-paypal").check()
    expect(page.get_by_test_id("provider-go")).to_have_attribute("href", address)
    expect(page.get_by_text("Test mode.")).to_be_hidden()
    assert visit.school.bodies("POST", "/api/enrollments")[-1] == {"courseId": "PAID-1", "provider": "paypal"}


def test_one_provider_is_no_choice(visit: Visit) -> None:
    """Nothing is asked, and nothing is sent."""
    page = visit.open_checkout()
    expect(page.get_by_test_id("providers")).to_have_count(0)
    assert visit.school.bodies("POST", "/api/enrollments") == [{"courseId": "PAID-1"}]
