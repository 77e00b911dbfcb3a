"""What every page owes everybody: WCAG by axe in every state, keyboard, contrast, small screens, its own policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import FRONTEND, Visit
from tests.frontend.fake_school import CERTIFICATE, FREE, PAID, PENDING, Reply, refusal
from tests.frontend.test_office import PAYMENT, REVIEW, in_office
from tests.frontend.test_office_search import HISTORY, offering

pytestmark = pytest.mark.browser

_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_PAGES = {
    "index.html": "Learn it well enough to use it on Monday.",
    "course.html?id=PAID-1": "AWS Cloud Mastery",
    "signin.html": "Sign in",
    "dashboard.html": "My courses",
    "learn.html?id=FREE-1": "JSX without magic",
    "checkout.html?courseId=PAID-1": "Checkout",
    "return.html?session_id=cs_test_1": "You are enrolled",
    "purchases.html": "Purchases",
    "account.html": "Account",
    "course.html?id=SOON-1": "Machine Learning in Production",
    "certificate.html?number=7F3K-9M2P-QX4T-1B8C": "Certificate of completion",
    "certificate.html": "Verify a certificate",
    "no/such/page": "This page is not here",
}
_PUBLIC = ("index", "course", "signin", "certificate")
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


def _session(status: str, **more: object) -> dict[str, Any]:
    return {
        "id": f"ps_{status}",
        "courseId": "PAID-1",
        "courseName": "AWS Cloud Mastery",
        "status": status,
        "amount": 14999,
        "currency": "usd",
        "stripeSessionId": "cs_test_1",
        "createdAt": "2026-11-20T10:00:00Z",
        **more,
    }


def _open(visit: Visit, address: str) -> Page:
    school = visit.school
    school.features = {"coupons": True, "bookings": True}
    done = {"status": "complete", "paymentStatus": "paid", "courseId": "PAID-1", "enrolled": True}
    school.script("GET", "/api/checkout/session/cs_test_1", Reply(200, done))
    states = ("pending", "processing", "completed", "refunded", "charged_back", "failed", "review", "cancelled")
    school.script("GET", "/api/payments/sessions", Reply(200, [_session(state) for state in states]))
    mine = {"courseId": "FREE-1", "paymentStatus": "free", "progress": 33, "enrolledAt": "2026-11-20T10:00:00Z"}
    school.script("GET", "/api/enrollments", Reply(200, [mine]))
    school.script("PATCH", "/api/enrollments/FREE-1", Reply(200, mine))
    school.script("GET", "/api/certificates/7F3K-9M2P-QX4T-1B8C", Reply(200, CERTIFICATE))
    if not address.startswith(_PUBLIC):
        visit.sign_in()
    page = visit.open(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(_PAGES[address])
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    return page


def _violations(page: Page) -> dict[str, list[str]]:
    page.evaluate(_AXE)
    found = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", _RULES)
    return {each["id"]: [node["html"][:120] for node in each["nodes"]] for each in found["violations"]}


def _to_dark_and_narrow(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize("address", _PAGES)
def test_axe_finds_nothing_on_any_page(visit: Visit, address: str) -> None:
    """WCAG 2.2 A and AA and axe's own good practice, light and wide, then dark and narrow."""
    visit.page.emulate_media(color_scheme="light")
    page = _open(visit, address)
    assert _violations(page) == {}
    _to_dark_and_narrow(page)
    assert _violations(page) == {}


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
    page = _open(visit, address)
    if go in (_ending, _gone):
        visit.school.script("GET", "/api/payments/sessions", Reply(200, []))
    go(page)
    assert _violations(page) == {}


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
    if not address.startswith(_PUBLIC):
        visit.sign_in()
    page = visit.open(address)
    expect(page.get_by_role("alert").first).to_contain_text("That did not work.")
    page.wait_for_load_state("networkidle")
    assert _violations(page) == {}


def test_axe_would_notice(visit: Visit) -> None:
    """The control: a picture without a text and a button without a name are found."""
    page = _open(visit, "index.html")
    page.evaluate(
        "document.querySelector('main').append(document.createElement('img'), document.createElement('button'))"
    )
    assert {"image-alt", "button-name"} <= _violations(page).keys()


@pytest.mark.parametrize("address", _PAGES)
def test_a_page_has_one_heading_and_no_inline_code(visit: Visit, address: str) -> None:
    """One h1, one main, no inline scripts, styles or handlers; a title that ends with the school's name."""
    page = _open(visit, address)
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


@pytest.mark.parametrize("address", _PAGES)
def test_a_page_fits_small_screens_large_text_and_fingers(visit: Visit, address: str) -> None:
    """No sideways scrolling from 320 px on, nor with text at 200 %; everything to touch is 44 px high on a phone."""
    page = _open(visit, address)
    for width in (1280, 820, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
    page.set_viewport_size({"width": 390, "height": 844})
    _fits_a_phone(page)


def _fits_a_phone(page: Page) -> None:
    low = page.evaluate(
        """() => [...document.querySelectorAll(
                "a[href], button, summary, label:has(> [type=checkbox]), input:not([type=hidden], [type=checkbox])")]
            .filter((e) => e.checkVisibility({ visibilityProperty: true }))
            .filter((e) => !e.closest("p:not(.crumb, .or)") && !e.matches(".skip-link"))
            .filter((e) => getComputedStyle(e, "::after").position !== "absolute")
            .filter((e) => e.getBoundingClientRect().height < 43.5)
            .map((e) => `${e.outerHTML.slice(0, 90)} ${e.getBoundingClientRect().height}`)"""
    )
    assert low == []
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    apart = page.evaluate(
        """() => {
            const boxes = [...document.querySelectorAll(".brand, .account, .site-nav")]
                .filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect());
            const beside = (one, other) => one.right <= other.left + 1 || one.bottom <= other.top + 1;
            return boxes.every((one, n) =>
                boxes.slice(n + 1).every((other) => beside(one, other) || beside(other, one)));
        }"""
    )
    assert apart, "parts of the head lie on top of each other"


@pytest.mark.parametrize(
    "address",
    ["index.html", "course.html?id=FREE-1", "signin.html?mode=up", "dashboard.html", "purchases.html", "office.html"],
)
def test_longer_words_fit_small_screens_and_large_text_too(visit: Visit, address: str) -> None:
    """German has the longest: no sideways scrolling at 320 px, nor with text at 200 % on a phone."""
    visit.open("404.html").evaluate("localStorage.setItem('learnermax.language', 'de')")
    if not address.startswith(_PUBLIC):
        visit.school.script("GET", "/api/payments/sessions", Reply(200, [_session("refunded", givenBack=14999)]))
        visit.sign_in()
    page = in_office(visit, address) if address.startswith("office") else visit.open(address)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 390, "height": 844})
    _fits_a_phone(page)


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


def test_the_keyboard_reaches_everything_in_reading_order(visit: Visit) -> None:
    """Skip link, frame, hero, filters, search, courses: in this order, each with a visible ring."""
    page = _open(visit, "index.html")
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


def test_what_is_chosen_can_be_seen_in_forced_colours(visit: Visit) -> None:
    """Where the system paints over all colours, a border tells the current page and the chosen filter."""
    visit.page.emulate_media(forced_colors="active")
    page = _open(visit, "index.html")
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
    page = _open(visit, "dashboard.html")
    page.emulate_media(color_scheme="light")
    expect(page.locator("body")).to_have_css("background-color", "rgb(246, 244, 238)")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(17, 18, 22)")


def test_the_policy_is_in_force(visit: Visit) -> None:
    """The control of the check that every visit ends with: a script that the policy forbids is reported."""
    page = _open(visit, "checkout.html?courseId=PAID-1")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in problem for problem in visit.problems)
    visit.problems.clear()


@pytest.mark.parametrize("address", ["index.html", "dashboard.html", "account.html"])
def test_markup_cannot_be_made_of_text(visit: Visit, address: str) -> None:
    """Trusted Types: outside the checkout, where the provider's script runs, no sink takes a text."""
    page = _open(visit, address)
    thrown = page.evaluate("(() => { try { document.body.innerHTML = '<b>x</b>'; } catch (e) { return e.name; } })()")
    assert thrown == "TypeError"
    visit.problems.clear()


def test_pictures_come_from_a_list_and_not_from_anywhere(visit: Visit) -> None:
    """The policy names origins of pictures; a scheme alone is none."""
    answer = visit.page.goto(f"{visit.site}/index.html")
    assert answer is not None
    [images] = re.findall(r"img-src ([^;]*)", answer.headers["content-security-policy"])
    assert images.split() == ["'self'", "data:"]


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
    ("figures&from=2026-11-01&to=2026-11-21", PAYMENT),
)


@pytest.mark.parametrize(("view", "payment"), _OFFICE)
def test_axe_finds_nothing_in_the_office(visit: Visit, view: str, payment: dict[str, Any]) -> None:
    """Every view of the office, light and wide, then dark and narrow; nothing scrolls sideways or is too low."""
    visit.page.emulate_media(color_scheme="light")
    visit.school.script("GET", "/api/admin/payments/ps_1", Reply(200, payment))
    page = in_office(visit, f"office.html?view={view}")
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert _violations(page) == {}
    _to_dark_and_narrow(page)
    assert _violations(page) == {}
    _fits_a_phone(page)


@pytest.mark.parametrize(
    "address",
    [
        "office.html?view=students&user=user-7",
        "office.html?view=payments",
        "office.html?view=courses",
        "office.html?view=course&id=PAID-1",
    ],
)
def test_axe_finds_nothing_in_what_the_office_can_do(visit: Visit, address: str) -> None:
    """A student's history, lists, and the forms that change a course."""
    visit.school.script("GET", "/api/admin/students/user-7", Reply(200, HISTORY))
    page = offering(visit, address)
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert _violations(page) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    assert _violations(page) == {}
    _fits_a_phone(page)


def test_axe_finds_nothing_where_a_provider_is_chosen(visit: Visit) -> None:
    """The choice, and what is said before leaving for the provider's own page."""
    visit.school.providers = ("stripe", "paypal")
    page = visit.open_checkout()
    assert _violations(page) == {}
    page.get_by_test_id("provider-paypal").check()
    expect(page.get_by_test_id("go-to-provider")).to_be_visible()
    assert _violations(page) == {}


def _clean(page: Page) -> None:
    assert _violations(page) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    assert _violations(page) == {}
    _fits_a_phone(page)
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 1280, "height": 844})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_a_code_of_an_app_is_asked_for(visit: Visit, scheme: str) -> None:
    """The form, and a refused code."""
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    challenge = {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "session-1"}
    visit.school.script("POST", "/cognito/InitiateAuth", Reply(200, challenge))
    visit.school.script(
        "POST", "/cognito/RespondToAuthChallenge", Reply(400, {"__type": "CodeMismatchException", "message": ""})
    )
    page = visit.open("signin.html")
    page.get_by_test_id("signin-email").fill("a@example.com")
    page.get_by_test_id("signin-password").fill("right")
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_test_id("factor-code")).to_be_focused()
    _clean(page)
    page.get_by_test_id("factor-code").fill("000000")
    page.get_by_test_id("factor-submit").click()
    expect(page.get_by_role("alert")).to_be_visible()
    _clean(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_a_second_factor_is_set_up(visit: Visit, scheme: str) -> None:
    """Missed by the office, off, being set up, a wrong code, on, and about to be switched off."""
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    visit.sign_in(lacks_factor="missing")
    visit.school.script("POST", "/cognito/AssociateSoftwareToken", Reply(200, {"SecretCode": "ABCDEFGH" * 6 + "ABCD"}))
    visit.school.script(
        "POST",
        "/cognito/VerifySoftwareToken",
        Reply(400, {"__type": "EnableSoftwareTokenMFAException", "message": ""}),
        Reply(200, {}),
    )
    page = visit.open("office.html")
    expect(page.get_by_test_id("office-closed")).to_be_visible()
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    _clean(page)
    page.get_by_role("link", name="Set up the second factor").click()
    expect(page.get_by_test_id("factor-is")).to_be_visible()
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    _clean(page)
    page.get_by_test_id("factor-begin").click()
    expect(page.get_by_test_id("factor-key")).to_be_visible()
    _clean(page)
    for awaited in (page.get_by_role("alert"), page.get_by_test_id("factor-stop")):
        page.get_by_test_id("factor-code").fill("123456")
        page.get_by_test_id("factor-confirm").click()
        expect(awaited).to_be_visible()
        _clean(page)
    page.get_by_test_id("factor-stop").click()
    expect(page.get_by_test_id("factor-stop-yes")).to_be_focused()
    _clean(page)
