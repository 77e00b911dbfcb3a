"""Every page in a state to look at, what axe finds on it, and whether it fits a phone."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page, expect

from tests.frontend.conftest import PATIENCE, Visit
from tests.frontend.fake_school import CERTIFICATE, Reply

_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = {
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
PUBLIC = ("index", "course", "signin", "certificate")


def session(status: str, **more: object) -> dict[str, Any]:
    """One of a student's payment sessions."""
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


def open_page(visit: Visit, address: str) -> Page:
    """One of `PAGES`, with everything in it that it can show; signed in where it is not public."""
    school = visit.school
    school.features = {"coupons": True, "bookings": True}
    done = {"status": "complete", "paymentStatus": "paid", "courseId": "PAID-1", "enrolled": True}
    school.script("GET", "/api/checkout/session/cs_test_1", Reply(200, done))
    states = ("pending", "processing", "completed", "refunded", "charged_back", "failed", "review", "cancelled")
    school.script("GET", "/api/payments/sessions", Reply(200, [session(state) for state in states]))
    mine = {"courseId": "FREE-1", "paymentStatus": "free", "progress": 33, "enrolledAt": "2026-11-20T10:00:00Z"}
    school.script("GET", "/api/enrollments", Reply(200, [mine]))
    school.script("PATCH", "/api/enrollments/FREE-1", Reply(200, mine))
    school.script("GET", "/api/certificates/7F3K-9M2P-QX4T-1B8C", Reply(200, CERTIFICATE))
    if not address.startswith(PUBLIC):
        visit.sign_in()
    page = visit.open(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(PAGES[address])
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    all_is_answered(page)
    return page


def all_is_answered(page: Page) -> None:
    """Nothing is on its way any more. An answer that no script takes would be, until it is given up after 30 s."""
    page.wait_for_load_state("networkidle", timeout=PATIENCE)


def violations(page: Page) -> dict[str, list[str]]:
    """What axe finds, by its rule: WCAG 2.2 A and AA, and its own good practice."""
    page.evaluate(_AXE)
    found = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", _RULES)
    return {each["id"]: [node["html"][:120] for node in each["nodes"]] for each in found["violations"]}


def to_dark_and_narrow(page: Page) -> None:
    """The other half of what a page can look like."""
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})


def fits_a_phone(page: Page) -> None:
    """Whatever is touched is 44 px high, and nothing overlaps or scrolls sideways with text at 200 %."""
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
