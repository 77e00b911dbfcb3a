"""What every page owes everybody: structure, names, keyboard, contrast, small screens, its own security policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import FRONTEND, Visit
from tests.frontend.fake_school import PAID, PENDING, Reply

pytestmark = pytest.mark.browser

_PAGES = {
    "index.html": "Welcome back",
    "dashboard.html": "Courses",
    "checkout.html?courseId=PAID-1": "Checkout",
    "return.html?session_id=cs_test_1": "You are enrolled",
    "bookings.html": "My bookings",
    "no/such/page": "This page is not here",
}
# text on ground: 4.5 : 1
_TEXT_PAIRS = [
    *[(text, ground) for text in ("ink", "ink-soft", "accent") for ground in ("paper", "surface", "surface-sunk")],
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("accent", "accent-soft"),
    ("good", "good-soft"),
    ("good", "surface"),
    ("on-good", "good-solid"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("bad", "surface"),
    *[("ink", f"{tone}-soft") for tone in ("accent", "good", "warn", "bad")],
    ("paper", "ink"),
    ("form-ink", "form-surface"),
]
# edges of controls, focus rings and bars on ground: 3 : 1
_EDGE_PAIRS = [
    *[(edge, ground) for edge in ("line-strong", "focus", "good-solid") for ground in ("paper", "surface")],
    ("line-strong", "surface-sunk"),
    ("good-solid", "surface-sunk"),
]


def _open(visit: Visit, address: str) -> Page:
    visit.school.features = {"coupons": True, "bookings": True}
    done = {"status": "complete", "paymentStatus": "paid", "courseId": "PAID-1", "enrolled": True}
    visit.school.script("GET", "/api/checkout/session/cs_test_1", Reply(200, done))
    booking = {"id": "ps_1", "courseId": "PAID-1", "status": "pending", "amount": 14999, "currency": "usd"}
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [booking]))
    if not address.startswith("index"):
        visit.sign_in()
    page = visit.open(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(_PAGES[address])
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    return page


@pytest.mark.parametrize("address", _PAGES)
def test_a_page_has_one_heading_landmarks_names_and_no_inline_code(visit: Visit, address: str) -> None:
    """One h1, one main, names on all controls and images, headings without gaps; and it fits from 360 px on."""
    page = _open(visit, address)
    found = page.evaluate(
        """() => {
            const all = (selector) => [...document.querySelectorAll(selector)];
            const named = (e) => e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim();
            const levels = all("h1, h2, h3, h4").map((e) => Number(e.tagName[1]));
            const ids = all("[id]").map((e) => e.id);
            return {
                mains: all("main").length,
                h1: levels.filter((level) => level === 1).length,
                gaps: levels.filter((level, n) => n > 0 && level > levels[n - 1] + 1),
                unnamed: all("input, button, a, progress, summary").filter((e) => !named(e)).map((e) => e.outerHTML),
                pictures: all("img:not([alt]), svg:not([aria-hidden=true])").map((e) => e.outerHTML),
                repeated: ids.filter((id, n) => ids.indexOf(id) !== n),
                inline: all("[style], style, script:not([src]), [onclick]").map((e) => e.outerHTML),
                language: document.documentElement.lang,
                title: document.title.endsWith("· LearnerMax"),
            };
        }"""
    )
    assert found == {
        "mains": 1,
        "h1": 1,
        "gaps": [],
        "unnamed": [],
        "pictures": [],
        "repeated": [],
        "inline": [],
        "language": "en",
        "title": True,
    }
    for width in (360, 1280):
        _assert_fits(page, width)


def test_long_names_break_nothing_on_a_phone(visit: Visit) -> None:
    """A long name of a student stays in the head's first row; one long word of a course stays in its card."""
    word = "Hottentottenstottertrottelmutterattentäterlattengitter"
    visit.school.script("GET", "/api/courses", Reply(200, [{**PAID, "name": word}]))
    visit.page.set_viewport_size({"width": 360, "height": 800})
    visit.sign_in("Augusta Ada King, Countess of Lovelace")
    page = visit.open("dashboard.html")
    title = page.get_by_role("heading", name=word)
    expect(title).to_be_visible()
    assert title.evaluate("e => e.scrollWidth <= e.clientWidth")
    brand, out = (page.locator(name).bounding_box() for name in (".brand", "[data-testid=signout]"))
    assert brand is not None
    assert out is not None
    assert abs(brand["y"] + brand["height"] / 2 - out["y"] - out["height"] / 2) < 4
    _assert_fits(page, 360)


def test_the_keyboard_reaches_everything_in_reading_order(visit: Visit) -> None:
    """Skip link, links, sign out, filter, courses: in this order, each with a visible ring, and Enter enrolls."""
    enrolled = {"status": "active", "enrollment": {"courseId": "FREE-1", "paymentStatus": "free"}}
    visit.school.script("POST", "/api/enrollments", Reply(201, enrolled))
    page = _open(visit, "dashboard.html")
    order = []
    for _ in range(8):
        page.keyboard.press("Tab")
        name, ring = page.evaluate(
            """() => {
                const e = document.activeElement;
                const shown = e.type === "radio" ? e.nextElementSibling : e;
                return [e.textContent.trim() || e.value, getComputedStyle(shown).outlineStyle];
            }"""
        )
        assert ring == "solid", name
        order.append(name)
    assert order == [
        "Skip to the content",
        "LearnerMax",
        "Dashboard",
        "My bookings",
        "Sign out",
        "all",
        "What you will learn",
        "Enroll now in React for Beginners",
    ]
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("enrolled-badge-FREE-1")).to_be_focused()


def test_the_checkout_works_by_keyboard(visit: Visit) -> None:
    """A code is applied with Enter in its field."""
    quote = {"isValid": True, "discountAmount": 3000, "finalAmount": 11999, "currency": "usd"}
    visit.school.script("POST", "/api/payments/coupons/validate", Reply(200, quote))
    page = _open(visit, "checkout.html?courseId=PAID-1")
    visit.school.script(
        "POST", "/api/enrollments", Reply(201, {**PENDING, "clientSecret": "cs_2", "discountAmount": 3000})
    )
    page.get_by_label("Discount code").fill("SAVE20")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("checkout-total")).to_have_text("$119.99")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_contrast_enough(scheme: str) -> None:
    """Text keeps 4.5 : 1 and edges 3 : 1 on every ground they are used on, in both schemes."""
    tokens = _tokens(FRONTEND / "css" / "tokens.css", scheme)
    wanted = [(pair, 4.5) for pair in _TEXT_PAIRS] + [(pair, 3.0) for pair in _EDGE_PAIRS]
    weak = {pair: round(_contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair, _ in wanted}
    assert {pair: weak[pair] for pair, least in wanted if weak[pair] < least} == {}


def test_colours_are_spelled_in_one_file_only() -> None:
    """Every other style sheet uses the tokens, so the contrast test sees all colours there are."""
    others = [path for path in (FRONTEND / "css").glob("*.css") if path.name != "tokens.css"]
    assert others
    assert [path.name for path in others if re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl", path.read_text())] == []


def test_the_pages_follow_the_colour_scheme_of_the_system(visit: Visit) -> None:
    """Dark means dark: the ground changes with the preference."""
    page = _open(visit, "dashboard.html")
    page.emulate_media(color_scheme="light")
    expect(page.locator("body")).to_have_css("background-color", "rgb(246, 244, 238)")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(17, 18, 22)")


def test_the_policy_is_in_force(visit: Visit) -> None:
    """The control of the check that every visit ends with: a script that the policy forbids is reported."""
    page = _open(visit, "dashboard.html")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in problem for problem in visit.problems)
    visit.problems.clear()


def _assert_fits(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.locator(".button:visible, .input:visible").evaluate_all("all => all.map((e) => e.offsetHeight)")
    assert min(heights) >= 44, "a control is too low to touch"


def _tokens(sheet: Path, scheme: str) -> dict[str, str]:
    light, dark = sheet.read_text().split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    if scheme == "dark":
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark))
    return found


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
