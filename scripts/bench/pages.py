"""What the pages cost on a slow phone: `make web-figures` prints a table for docs/performance.md.

Chromium over the local stack, with 150 ms to every answer, 200 kB a second and a quarter of the processor. A page is
ready when what one came for is there. Every visit is a first one: nothing is in the cache.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from attrs import frozen
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from scripts.stack.aws_resources import PASSWORD, USERS
from scripts.stack.browser import BrowserMissing, find
from scripts.stack.console import Console
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack

LATENCY, BYTES_A_SECOND, SLOWER = 150, 200_000, 4
PHONE, DESKTOP = (390, 844), (1280, 800)
FREE, PAID = "TEST-COURSE-001", "TEST-COURSE-005"
_WAIT = 60_000  # milliseconds
_STUDENT, _OFFICE = USERS[0].email, USERS[-1].email
# The page, who looks at it, and what that person came for.
PAGES = (
    ("index.html", None, f"[data-testid=price-{PAID}]"),
    (f"course.html?id={PAID}", None, f"[data-testid=enroll-{PAID}]"),
    ("signin.html", None, "[data-testid=signin-submit]:enabled"),
    ("dashboard.html", _STUDENT, f"[data-testid=learn-{FREE}]"),
    (f"learn.html?id={FREE}", _STUDENT, "[data-testid=mark-done]"),
    (f"checkout.html?courseId={PAID}", _STUDENT, "[data-testid=checkout-total]:not(:has(.skeleton))"),
    ("purchases.html", _STUDENT, "[data-testid^=purchase-]"),
    ("account.html", _STUDENT, "main:not([aria-busy])"),
    ("office.html?view=today", _OFFICE, ".office-facts:not([aria-busy])"),
)
_WATCH = """(useful) => {
    window.shift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    new MutationObserver((_, watcher) => {
        const found = document.querySelector(useful);
        if (!found || found.disabled) return;
        watcher.disconnect();
        window.ready = performance.now();
    }).observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
}"""
_READ = """() => ({
    ready: window.ready,
    shift: window.shift,
    requests: 1 + performance.getEntriesByType("resource")
        .filter((each) => each.responseEnd <= window.ready && !each.name.endsWith("/img/mark.svg")).length,
    bytes: performance.getEntriesByType("navigation")[0].encodedBodySize
        + performance.getEntriesByType("resource").reduce((sum, each) => sum + each.encodedBodySize, 0),
})"""


@frozen
class Figure:
    """One page: seconds until it was ready, requests before, kilobytes in all, and the layout shift."""

    page: str
    seconds: float
    requests: int
    kilobytes: float
    shift: float


@contextmanager
def _visit(browser: Browser, size: tuple[int, int], known: StorageState | None) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="en-US", storage_state=known, reduced_motion="reduce"
    )
    context.set_default_timeout(_WAIT)
    yield context.new_page()
    context.close()


def _sign_in(browser: Browser, site: str, email: str) -> StorageState:
    with _visit(browser, DESKTOP, None) as page:
        page.goto(f"{site}/signin.html")
        page.get_by_test_id("signin-email").fill(email)
        page.get_by_test_id("signin-password").fill(PASSWORD)
        page.get_by_test_id("signin-submit").click()
        page.wait_for_url("**/dashboard.html")
        if email == _STUDENT:
            _prepare(page, site)
        return _kept(page.context)


def _kept(context: BrowserContext) -> StorageState:
    return context.storage_state()


def _prepare(page: Page, site: str) -> None:
    """A student who is in a course and has begun to buy another."""
    page.goto(f"{site}/course.html?id={FREE}")
    page.get_by_test_id(f"enroll-{FREE}").click()
    page.get_by_test_id(f"enrolled-badge-{FREE}").wait_for()
    page.goto(f"{site}/checkout.html?courseId={PAID}")
    page.get_by_test_id("checkout-mount").frame_locator("iframe").get_by_test_id("pay").wait_for()


def _measure(browser: Browser, address: str, useful: str, size: tuple[int, int], known: StorageState | None) -> Figure:
    with _visit(browser, size, known) as page:
        devtools = page.context.new_cdp_session(page)
        if size == PHONE:
            conditions = {"offline": False, "latency": LATENCY, "downloadThroughput": BYTES_A_SECOND}
            devtools.send("Network.enable")
            devtools.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": BYTES_A_SECOND})
            devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(f"({_WATCH})({useful!r})")
        page.goto(address)
        page.locator(useful).first.wait_for(state="attached")
        page.wait_for_load_state("networkidle")
        found = page.evaluate(_READ)
    name = address.rpartition("/")[2].partition("?")[0]
    return Figure(name, found["ready"] / 1000, found["requests"], found["bytes"] / 1000, found["shift"])


def figures(stack: LocalStack, browser: Browser, rounds: int) -> Iterator[tuple[Figure, Figure]]:
    """Every page on the slow phone (the median of the rounds by time), and once on a desktop for its layout shift."""
    known: dict[str | None, StorageState | None] = {None: None}
    for email in (_STUDENT, _OFFICE):
        known[email] = _sign_in(browser, stack.web_url, email)
    for path, who, useful in PAGES:
        address = f"{stack.web_url}/{path}"
        slow = [_measure(browser, address, useful, PHONE, known[who]) for _ in range(rounds)]
        middle = statistics.median_low([figure.seconds for figure in slow])
        yield (
            next(figure for figure in slow if figure.seconds == middle),
            _measure(browser, address, useful, DESKTOP, known[who]),
        )


def main(rounds: int) -> int:
    """Start the stack, measure, print the table. Returns the exit status."""
    try:
        chromium = find()
    except BrowserMissing as error:
        print(error, file=sys.stderr)
        return 1
    print("| Page | ready, slow phone | requests | kB | layout shift, phone | desktop |\n|---|---|---|---|---|---|")
    with redirect_stdout(Console(sys.stdout)), LocalStack(ports=Ports.free()) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for slow, wide in figures(stack, browser, rounds):
            print(
                f"| `{slow.page}` | {slow.seconds:.1f} s | {slow.requests} | {slow.kilobytes:.0f}"
                f" | {slow.shift:.3f} | {wide.shift:.3f} |"
            )
        browser.close()
    print(f"\nLoad average in the end: {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores.")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
