"""How pages look to everybody: contrast in both schemes, forced colours, small screens, large text, long words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.frontend.axe import PAGES, PUBLIC, fits_a_phone, open_page, session
from tests.frontend.conftest import FRONTEND, Visit
from tests.frontend.fake_school import PAID, Reply
from tests.frontend.office_school import in_office

pytestmark = pytest.mark.browser

# text on ground: 4.5 : 1
_TEXT_PAIRS = [
    *[(text, ground) for text in ("ink", "ink-soft", "accent") for ground in ("paper", "surface", "surface-sunk")],
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("accent", "accent-soft"),
    ("good", "good-soft"),
    ("good", "surface"),
    ("good", "paper"),
    ("on-good", "good-solid"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("bad", "surface"),
    ("on-bad", "bad-button"),
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


@pytest.mark.parametrize("address", PAGES)
def test_a_page_fits_small_screens_large_text_and_fingers(visit: Visit, address: str) -> None:
    """No sideways scrolling from 320 px on, nor with text at 200 %; everything to touch is 44 px high on a phone."""
    page = open_page(visit, address)
    for width in (1280, 820, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
    page.set_viewport_size({"width": 390, "height": 844})
    fits_a_phone(page)


@pytest.mark.parametrize(
    "address",
    ["index.html", "course.html?id=FREE-1", "signin.html?mode=up", "dashboard.html", "purchases.html", "office.html"],
)
def test_longer_words_fit_small_screens_and_large_text_too(visit: Visit, address: str) -> None:
    """German has the longest: no sideways scrolling at 320 px, nor with text at 200 % on a phone."""
    visit.open("404.html").evaluate("localStorage.setItem('learnermax.language', 'de')")
    if not address.startswith(PUBLIC):
        visit.school.script("GET", "/api/payments/sessions", Reply(200, [session("refunded", givenBack=14999)]))
        visit.sign_in()
    page = in_office(visit, address) if address.startswith("office") else visit.open(address)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 390, "height": 844})
    fits_a_phone(page)


def test_long_names_break_nothing_on_a_phone(visit: Visit) -> None:
    """One long word of a course stays in its card, and a student's long name in the head."""
    word = "Hottentottenstottertrottelmutterattentäterlattengitter"
    visit.school.script("GET", "/api/courses", Reply(200, [{**PAID, "name": word}]))
    visit.page.set_viewport_size({"width": 360, "height": 800})
    visit.sign_in("Augusta Ada King, Countess of Lovelace")
    page = visit.open("index.html")
    title = page.get_by_role("heading", name=word)
    expect(title).to_be_visible()
    assert title.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_is_chosen_can_be_seen_in_forced_colours(visit: Visit) -> None:
    """Where the system paints over all colours, a border tells the current page and the chosen filter."""
    visit.page.emulate_media(forced_colors="active")
    page = open_page(visit, "index.html")
    for chosen in (page.locator(".site-nav [aria-current]"), page.locator(".chip[aria-current]")):
        assert float(chosen.evaluate("e => parseFloat(getComputedStyle(e).borderBottomWidth)")) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_contrast_enough(scheme: str) -> None:
    """Text keeps 4.5 : 1 and edges 3 : 1 on every ground they are used on, in both schemes."""
    tokens = _tokens(FRONTEND / "css" / "site.css", scheme)
    wanted = [(pair, 4.5) for pair in _TEXT_PAIRS] + [(pair, 3.0) for pair in _EDGE_PAIRS]
    weak = {pair: round(_contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair, _ in wanted}
    assert {pair: weak[pair] for pair, least in wanted if weak[pair] < least} == {}


def test_colours_are_spelled_among_the_tokens_only() -> None:
    """Every rule uses the tokens, so the contrast test sees all colours there are."""
    tokens, _, rules = (FRONTEND / "css" / "site.css").read_text("utf-8").partition("/* The page ---")
    assert "--paper" in tokens
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl", rules) == []


def test_the_pages_follow_the_colour_scheme_of_the_system(visit: Visit) -> None:
    """Dark means dark: the ground changes with the preference."""
    page = open_page(visit, "dashboard.html")
    page.emulate_media(color_scheme="light")
    expect(page.locator("body")).to_have_css("background-color", "rgb(246, 244, 238)")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(17, 18, 22)")


def _tokens(sheet: Path, scheme: str) -> dict[str, str]:
    light, dark, *_ = re.split(r"@media \(prefers-color-scheme: dark\)", sheet.read_text("utf-8"))
    pattern = r"--([\w-]+): (?:var\(--[\w-]+, )?(#[0-9a-f]{6})\)?;"
    found = dict(re.findall(pattern, light))
    if scheme == "dark":
        found |= dict(re.findall(pattern, dark))
    return found


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
