"""What a page costs before it is useful, and that nothing moves once it is seen."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, Route, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply
from tests.frontend.office_school import in_office

pytestmark = pytest.mark.browser

_MOST_REQUESTS = 11
_MOST_OF_THE_OFFICE = 16
_MOST_SHIFT = 0.05
# The page, whether somebody is signed in, and what a person came for.
_USEFUL = [
    ("index.html", False, "[data-testid=price-PAID-1]"),
    ("course.html?id=PAID-1", False, "[data-testid=enroll-PAID-1]"),
    ("signin.html", False, "[data-testid=signin-submit]:enabled"),
    ("index.html", True, "[data-testid=price-PAID-1]"),
    ("dashboard.html", True, "[data-testid=learn-FREE-1]"),
    ("learn.html?id=FREE-1", True, "[data-testid=mark-done]"),
    ("checkout.html?courseId=PAID-1", True, "[data-testid=checkout-total]:has-text('$')"),
    ("purchases.html", True, "[data-testid=purchase-ps_1]"),
    ("account.html", True, "[data-testid=account-email]:has-text('@')"),
    ("return.html?session_id=cs_test_1", True, "[data-testid=start-course]"),
]
_MARK = """
    new MutationObserver((_, watcher) => {
        if (!document.querySelector(SELECTOR)?.textContent?.trim()) return;
        watcher.disconnect();
        performance.mark("useful");
    }).observe(document, { childList: true, subtree: true, characterData: true });
"""
_SHIFT = """
    window.shift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""


def _prepare(visit: Visit, *, member: bool) -> None:
    school = visit.school
    school.features = {"coupons": True}
    mine = {"courseId": "FREE-1", "paymentStatus": "free", "progress": 0, "currentLectureId": "L1"}
    school.script("GET", "/api/enrollments", Reply(200, [mine]))
    session = {"id": "ps_1", "courseId": "PAID-1", "status": "cancelled", "amount": 14999, "currency": "usd"}
    school.script("GET", "/api/payments/sessions", Reply(200, [{**session, "status": "failed"}]))
    done = {"status": "complete", "paymentStatus": "paid", "courseId": "PAID-1", "enrolled": True}
    school.script("GET", "/api/checkout/session/cs_test_1", Reply(200, done))
    coupon = {"code": "SPRING", "discountType": "percentage", "discountValue": 20, "applicableCourses": []}
    school.script("GET", "/api/payments/coupons/active", Reply(200, [coupon]))
    if member:
        visit.sign_in()


def _settle(page: Page, useful: str) -> None:
    expect(page.locator(useful).first).to_be_attached()
    page.wait_for_load_state("networkidle")


def _asked_before(page: Page) -> list[str]:
    """What was answered before the page was useful, but the icon of its tab."""
    found: list[str] = page.evaluate(
        """() => {
            const [{ startTime }] = performance.getEntriesByName("useful");
            const all = performance.getEntriesByType("resource").filter(({ name }) => !name.endsWith("/img/mark.svg"));
            return all.filter((each) => each.responseEnd <= startTime).map((each) => each.name.split("/").at(-1));
        }"""
    )
    return found


@pytest.mark.parametrize(("address", "member", "useful"), _USEFUL)
def test_a_page_is_useful_after_few_requests(visit: Visit, address: str, useful: str, *, member: bool) -> None:
    """Fewer than twelve answers stand before what one came for, with nothing in the browser's cache.

    The icon of the tab is none of the page's; a student has been here before, at the latest when signing in.
    """
    _prepare(visit, member=member)
    if member:
        page = visit.open("404.html")
        config = {"apiBase": visit.school.url, "school": {}}
        page.evaluate("(config) => localStorage.setItem('learnermax.config', JSON.stringify(config))", config)
    visit.page.add_init_script(_MARK.replace("SELECTOR", repr(useful.split(":", 1)[0])))
    later: list[Route] = []

    def hold(route: Route) -> None:
        later.append(route)

    if member:  # who has been here before has the settings already: the page is useful while they are asked for again
        visit.page.route("**/config.json", hold)
    page = visit.open(address)
    expect(page.locator(useful).first).to_be_attached()
    for asked in later:
        asked.continue_()
    page.unroute("**/config.json")
    _settle(page, useful)
    before = _asked_before(page)
    assert before
    assert len(before) + 1 <= _MOST_REQUESTS, " ".join(before)


def test_the_office_says_what_waits_after_few_requests(visit: Visit) -> None:
    """More than the others, since each view is a module of its own; nothing else is waited for."""
    page = in_office(visit, "404.html")
    config = {"apiBase": visit.school.url, "school": {}}
    page.evaluate("(config) => localStorage.setItem('learnermax.config', JSON.stringify(config))", config)
    visit.page.add_init_script(_MARK.replace("SELECTOR", "'[data-testid=review-ps_1]'"))
    visit.open("office.html")
    _settle(page, "[data-testid=review-ps_1]")
    before = _asked_before(page)
    assert before
    assert len(before) + 1 <= _MOST_OF_THE_OFFICE, " ".join(before)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("address", "member", "useful"), _USEFUL)
def test_nothing_moves_while_a_page_fills(visit: Visit, address: str, useful: str, width: int, *, member: bool) -> None:
    """What is there stays where it is: the layout shifts by less than 0.05, wide and narrow, with slow answers."""
    _prepare(visit, member=member)
    visit.page.set_viewport_size({"width": width, "height": 844 if width < 500 else 800})
    visit.page.add_init_script(_SHIFT)

    def answer_slowly(route: Route) -> None:
        visit.page.wait_for_timeout(60)
        route.continue_()

    visit.page.route("**/api/**", answer_slowly)
    page = visit.open(address)
    _settle(page, useful)
    page.wait_for_timeout(300)
    assert page.evaluate("window.shift") < _MOST_SHIFT


@pytest.mark.parametrize("width", [1280, 390])
def test_a_choice_of_providers_moves_nothing(visit: Visit, width: int) -> None:
    """Its room is there before it is known who can be paid with."""
    visit.school.providers = ("stripe", "paypal")
    visit.page.set_viewport_size({"width": width, "height": 844 if width < 500 else 800})
    visit.page.add_init_script(_SHIFT)
    _prepare(visit, member=True)
    page = visit.open("checkout.html?courseId=PAID-1")
    _settle(page, "[data-testid=provider-paypal]")
    expect(page.get_by_test_id("checkout-mount")).to_contain_text("Form for")
    assert page.evaluate("window.shift") < _MOST_SHIFT


def test_every_module_is_asked_for_with_the_page(visit: Visit) -> None:
    """A module that a page imports at once is preloaded, so that no chain of imports is waited for."""
    for address, member, useful in _USEFUL:
        _prepare(visit, member=member)
        page = visit.open(address)
        _settle(page, useful)
        preloaded = page.evaluate("[...document.querySelectorAll('link[rel=modulepreload]')].map((e) => e.href)")
        loaded = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
        for common in ("app", "ui", "logic/common", "texts/en"):
            assert any(name.endswith(f"/js/{common}.js") for name in preloaded), address
        assert set(preloaded) <= set(loaded), address


@pytest.mark.parametrize(
    ("address", "calls"),
    [
        ("index.html", ["/api/courses"]),
        ("course.html?id=PAID-1", ["/api/courses/PAID-1"]),
        ("dashboard.html", ["/api/courses", "/api/enrollments"]),
        ("learn.html?id=FREE-1", ["/api/courses/FREE-1", "/api/enrollments"]),
        ("checkout.html?courseId=PAID-1", ["/api/courses/PAID-1", "/api/payments/sessions"]),
        ("purchases.html", ["/api/payments/sessions"]),
        ("account.html", ["/api/students/me"]),
        ("return.html?session_id=cs_test_1", ["/api/checkout/session/cs_test_1"]),
    ],
)
def test_the_first_answers_are_asked_for_before_the_modules_are_there(
    visit: Visit, address: str, calls: list[str]
) -> None:
    """The API is asked while the modules are still on their way, and once: the page takes what was begun."""
    _prepare(visit, member=True)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visit.page.route("**/js/ui.js", hold)
    with ExitStack() as answers:
        for path in calls:
            answers.enter_context(visit.page.expect_response(f"**{path}"))
        visit.page.goto(f"{visit.site}/{address}", wait_until="commit")
    assert held, "the modules were there before"
    for module in held:
        module.continue_()
    expect(visit.page.locator("main[aria-busy=true]")).to_have_count(0)
    asked = [path for method, path, _ in visit.school.calls if method == "GET"]
    assert {path: asked.count(path) for path in calls} == dict.fromkeys(calls, 1)


def test_a_call_that_was_begun_in_vain_is_made_again(visit: Visit) -> None:
    """The network broke off at first; the page's own tries go on as ever."""
    _prepare(visit, member=True)
    broken: list[Route] = []

    def break_off(route: Route) -> None:
        broken.append(route)
        if len(broken) == 1:
            route.abort()
        else:
            route.continue_()

    visit.page.route("**/api/payments/sessions", break_off)
    page = visit.open("purchases.html")
    expect(page.get_by_test_id("purchase-ps_1")).to_be_visible()
    assert len(broken) > 1


def test_nothing_is_begun_with_a_token_that_ends(visit: Visit) -> None:
    """It would be refused: the page renews it first."""
    _prepare(visit, member=False)
    visit.sign_in(expires_in=30)
    page = visit.open("purchases.html")
    expect(page.get_by_test_id("purchase-ps_1")).to_be_visible()
    asked = [path for _, path, _ in visit.school.calls]
    assert asked.index("/cognito/InitiateAuth") < asked.index("/api/payments/sessions")
    assert asked.count("/api/payments/sessions") == 1


def test_words_of_another_language_are_on_their_way_before_the_modules_run(visit: Visit) -> None:
    """One chain of answers less for whoever reads German."""
    visit.open("404.html").evaluate("localStorage.setItem('learnermax.language', 'de')")
    page = visit.open("index.html")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Montag")
    preloaded = page.evaluate("[...document.querySelectorAll('link[rel=modulepreload]')].map((e) => e.href)")
    assert f"{visit.site}/js/texts/de.js" in preloaded
