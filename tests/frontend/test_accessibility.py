"""What every page owes everybody: nothing for axe to find in any state, one heading, and a way by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.axe import PAGES, PUBLIC, open_page, to_dark_and_narrow, violations
from tests.frontend.conftest import Visit
from tests.frontend.fake_school import FREE, PENDING, Reply, refusal

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing_on_any_page(visit: Visit, address: str) -> None:
    """WCAG 2.2 A and AA and axe's own good practice, light and wide, then dark and narrow."""
    visit.page.emulate_media(color_scheme="light")
    page = open_page(visit, address)
    assert violations(page) == {}
    to_dark_and_narrow(page)
    assert violations(page) == {}


def _searched(page: Page) -> None:
    page.get_by_label("Search the courses").fill("kubernetes")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


def _code(page: Page) -> None:
    page.get_by_test_id("coupon-open").click()
    page.get_by_test_id("coupon-input").fill("x")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("coupon-message")).not_to_be_empty()


def _ended(page: Page) -> None:
    page.get_by_text("ended without a payment").click()


def _questions(page: Page) -> None:
    for summary in page.locator("summary").all():
        if summary.locator("xpath=..").get_attribute("open") is None:
            summary.click()


def _waiting(page: Page) -> None:
    page.get_by_test_id("end-open").click()
    expect(page.get_by_test_id("end-waits")).to_be_visible()


def _ending(page: Page) -> None:
    page.get_by_test_id("end-open").click()
    page.get_by_test_id("end-submit").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _gone(page: Page) -> None:
    page.get_by_test_id("end-open").click()
    page.get_by_test_id("end-word").fill("delete")
    page.get_by_test_id("end-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")


def _to(mode: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(f"{page.url.partition('?')[0]}?mode={mode}")
        expect(page.locator(f"form[data-mode={mode}]")).to_be_visible()

    return go


def _refused(page: Page) -> None:
    page.get_by_test_id("signin-email").fill("a@example.com")
    page.get_by_test_id("signin-password").fill("wrong")
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "go"),
    [
        ("index.html", _searched),
        ("checkout.html?courseId=PAID-1", _code),
        ("purchases.html", _ended),
        ("course.html?id=PAID-1", _questions),
        ("account.html", _waiting),
        ("account.html", _ending),
        ("account.html", _gone),
        ("signin.html", _refused),
        *[("signin.html", _to(mode)) for mode in ("up", "confirm", "forgot", "reset")],
    ],
)
def test_axe_finds_nothing_in_what_opens_on_a_page(visit: Visit, address: str, go: Callable[[Page], None]) -> None:
    """Empty results, messages, folded parts and the other forms of signing in."""
    no = Reply(400, {"__type": "NotAuthorizedException", "message": ""})
    if address.startswith("signin"):
        visit.school.script("POST", "/cognito/InitiateAuth", no)
    page = open_page(visit, address)
    if go in (_ending, _gone):
        visit.school.script("GET", "/api/payments/sessions", Reply(200, []))
    go(page)
    assert violations(page) == {}


@pytest.mark.parametrize(
    ("method", "path", "address"),
    [
        ("GET", "/api/courses", "index.html"),
        ("GET", "/api/courses/PAID-1", "course.html?id=PAID-1"),
        ("GET", "/api/enrollments", "dashboard.html"),
        ("GET", "/api/enrollments", "learn.html?id=FREE-1"),
        ("POST", "/api/enrollments", "checkout.html?courseId=PAID-1"),
        ("GET", "/api/payments/sessions", "purchases.html"),
        ("GET", "/api/students/me", "account.html"),
        ("GET", "/api/checkout/session/cs_test_1", "return.html?session_id=cs_test_1"),
    ],
)
def test_axe_finds_nothing_when_the_api_refuses(visit: Visit, method: str, path: str, address: str) -> None:
    """An error is a state of the page like any other."""
    visit.school.script(method, path, refusal(500, "That did not work."))
    if not address.startswith(PUBLIC):
        visit.sign_in()
    page = visit.open(address)
    expect(page.get_by_role("alert").first).to_contain_text("That did not work.")
    page.wait_for_load_state("networkidle")
    assert violations(page) == {}


def test_axe_would_notice(visit: Visit) -> None:
    """The control: a picture without a text and a button without a name are found."""
    page = open_page(visit, "index.html")
    page.evaluate(
        "document.querySelector('main').append(document.createElement('img'), document.createElement('button'))"
    )
    assert {"image-alt", "button-name"} <= violations(page).keys()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_heading_and_no_inline_code(visit: Visit, address: str) -> None:
    """One h1, one main, no inline scripts, styles or handlers; a title that ends with the school's name."""
    page = open_page(visit, address)
    found = page.evaluate(
        """() => {
            const all = (selector) => [...document.querySelectorAll(selector)];
            return {
                mains: all("main").length,
                h1: all("h1").length,
                inline: all("[style], style, script:not([src]), [onclick]").map((e) => e.outerHTML),
                language: document.documentElement.lang,
                title: document.title.length > 0,
            };
        }"""
    )
    assert found == {"mains": 1, "h1": 1, "inline": [], "language": "en", "title": True}


def test_the_keyboard_reaches_everything_in_reading_order(visit: Visit) -> None:
    """Skip link, frame, hero, filters, search, courses: in this order, each with a visible ring."""
    page = open_page(visit, "index.html")
    order = []
    for _ in range(12):
        page.keyboard.press("Tab")
        name, ring = page.evaluate(
            """() => {
                const e = document.activeElement;
                const shown = [e, e.closest(".course-card")].filter(Boolean);
                const rings = shown.map((each) => getComputedStyle(each).outlineStyle);
                return [(e.textContent.trim() || e.placeholder).replace(/\\s+/g, " "), rings.includes("solid")];
            }"""
        )
        assert ring, name
        order.append(name)
    assert order == [
        "Skip to the content",
        "LearnerMax",
        "All courses",
        "Sign in",
        "See all courses",
        "Start with a free one",
        "All 3",
        "Free 1",
        "Paid 1",
        "Coming soon 1",
        "Topic or teacher",
        "Search",
    ]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(str(FREE["name"]))


def test_the_checkout_works_by_keyboard(visit: Visit) -> None:
    """The code is unfolded, typed and applied without a mouse."""
    quote = {"isValid": True, "discountAmount": 3000, "finalAmount": 11999, "currency": "usd"}
    visit.school.script("POST", "/api/payments/coupons/validate", Reply(200, quote))
    page = visit.open_checkout()
    visit.school.script(
        "POST", "/api/enrollments", Reply(201, {**PENDING, "clientSecret": "cs_2_secret_2", "discountAmount": 3000})
    )
    page.get_by_test_id("coupon-open").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("SAVE20")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$119.99")


def test_axe_finds_nothing_where_a_provider_is_chosen(visit: Visit) -> None:
    """The choice, and what is said before leaving for the provider's own page."""
    visit.school.providers = ("stripe", "paypal")
    page = visit.open_checkout()
    assert violations(page) == {}
    page.get_by_test_id("provider-paypal").check()
    expect(page.get_by_test_id("go-to-provider")).to_be_visible()
    assert violations(page) == {}
