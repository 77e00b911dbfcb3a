"""Screenshots: `make screenshots` takes every page, in light and dark, wide and narrow, into build/screenshots.

Two of them are the README's: docs/images/storefront.png and docs/images/checkout.png.
"""

from __future__ import annotations

import json
import shutil
import sys
import urllib.request
from contextlib import redirect_stdout
from pathlib import Path

from attrs import frozen
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.stack.app_loader import ROOT
from scripts.stack.aws_resources import PASSWORD, USERS, User, add_user
from scripts.stack.browser import BrowserMissing, find
from scripts.stack.console import Console
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack

FOLDER = ROOT / "build" / "screenshots"
IMAGES = ROOT / "docs" / "images"
FREE, PAID, OTHER_PAID, SOON = "TEST-COURSE-001", "TEST-COURSE-005", "TEST-COURSE-003", "TEST-COURSE-006"
OTHER_FREE = "TEST-COURSE-002"
CODE = "WELCOME20"
COUPON = {"code": CODE, "name": "Welcome", "discountType": "percentage", "discountValue": 20, "listed": True}
SCHEMES = ("light", "dark")
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}


@frozen
class Walk:
    """One person's way through all pages, in one colour scheme and size."""

    stack: LocalStack
    page: Page
    suffix: str

    def take(self) -> None:
        """Capture every page, first as a stranger, then as a student who pays."""
        self._public()
        self._sign_in()
        self._learn()
        self._pay()
        for name in ("dashboard", "purchases", "account"):
            self._open(f"{name}.html", name)
        self._open("index.html", "storefront-student")
        self._complete()
        self._office()

    def _public(self) -> None:
        self._open("index.html", "storefront")
        self._open(f"course.html?id={PAID}", "course")
        self._open(f"course.html?id={SOON}", "course-announced")
        self._open("signin.html", "signin")
        self._open(f"signin.html?mode=up&next=checkout.html%3FcourseId%3D{PAID}", "signup")
        self._open("index.html?q=kubernetes", "storefront-nothing-found")
        self._open("no/such/page", "not-found")

    def _sign_in(self) -> None:
        email = f"{self.suffix}@example.com"
        add_user(self.stack.clients("cognito-idp"), self.stack.account.pool_id, User(email, "Sam Student"))
        self._go("signin.html")
        self.page.get_by_test_id("signin-email").fill(email)
        self.page.get_by_test_id("signin-password").fill(PASSWORD)
        self.page.get_by_test_id("signin-submit").click()
        self.page.wait_for_url("**/dashboard.html")
        self._open("dashboard.html", "dashboard-empty")
        self._open("purchases.html", "purchases-empty")

    def _learn(self) -> None:
        self._go(f"course.html?id={FREE}")
        self.page.get_by_test_id(f"enroll-{FREE}").click()
        self.page.get_by_test_id(f"enrolled-badge-{FREE}").wait_for()
        self._capture("course-enrolled")
        self._go(f"learn.html?id={FREE}")
        self.page.get_by_test_id("mark-done").click()
        self.page.get_by_test_id("lesson-M1-V1").and_(self.page.locator(".is-done")).wait_for()
        self._open(f"learn.html?id={FREE}", "learn")

    def _pay(self) -> None:
        self._go(f"checkout.html?courseId={OTHER_PAID}")
        self.page.get_by_test_id("checkout-mount").frame_locator("iframe").get_by_test_id("pay").wait_for()
        self._go(f"checkout.html?courseId={PAID}&code={CODE}")
        form = self.page.get_by_test_id("checkout-mount").frame_locator("iframe")
        form.get_by_test_id("discount").wait_for()
        form.locator("#cardNumber").fill("4242 4242 4242 4242")
        form.locator("#cardExpiry").fill("12 / 34")
        form.locator("#cardCvc").fill("123")
        form.locator("#billingName").fill(USERS[0].name)
        self._capture("checkout")
        form.get_by_test_id("pay").click()
        self.page.wait_for_url("**/return.html*")
        self.page.get_by_test_id("start-course").wait_for()
        self._capture("return")

    def _complete(self) -> None:
        self._go(f"course.html?id={OTHER_FREE}")
        self.page.get_by_test_id(f"enroll-{OTHER_FREE}").click()
        self.page.get_by_test_id(f"enrolled-badge-{OTHER_FREE}").wait_for()
        self._go(f"learn.html?id={OTHER_FREE}")
        lessons = self.page.locator("#outline li")
        lessons.first.wait_for()
        for done in range(1, lessons.count() + 1):
            self.page.get_by_test_id("mark-done").click()
            self.page.locator("#outline .is-done").nth(done - 1).wait_for()
        self.page.get_by_test_id("certificate").wait_for()
        self._capture("learn-complete")
        self.page.get_by_test_id("certificate").click()
        self.page.get_by_test_id("certificate-number").wait_for()
        self._capture("certificate")

    def _office(self) -> None:
        self._go("purchases.html")
        order = self.page.locator("[data-testid^=purchase-][data-state=completed]").first
        number = str(order.get_attribute("data-testid")).removeprefix("purchase-")
        self.page.evaluate("localStorage.removeItem('learnermax.session')")
        self._go("signin.html")
        self.page.get_by_test_id("signin-email").fill(USERS[-1].email)
        self.page.get_by_test_id("signin-password").fill(PASSWORD)
        self.page.get_by_test_id("signin-submit").click()
        self.page.wait_for_url("**/dashboard.html")
        views = {
            "today": "",
            "figures": "",
            "payments": "",
            "payment": f"&id={number}",
            "students": "",
            "courses": "",
            "course": f"&id={PAID}",
            "coupons": "",
            "records": "",
        }
        for view, query in views.items():
            self._open(f"office.html?view={view}{query}", f"office-{view}")

    def _open(self, address: str, name: str) -> None:
        self._go(address)
        self._capture(name)

    def _go(self, address: str) -> None:
        self.page.goto(f"{self.stack.web_url}/{address}")

    def _capture(self, name: str) -> None:
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.activeElement?.blur()")
        self.page.mouse.move(0, 0)  # so that no element is shown hovered
        path = FOLDER / f"{name}-{self.suffix}.png"
        self.page.screenshot(path=path, full_page=True, animations="disabled")


def take_all(stack: LocalStack, browser: Browser, schemes: tuple[str, ...] = SCHEMES) -> None:
    """Every page in the given colour schemes and all sizes."""
    _issue_coupon(stack)
    for scheme in schemes:
        for size, (width, height) in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale="en-US",
                reduced_motion="reduce",
                color_scheme="dark" if scheme == "dark" else "light",
            )
            Walk(stack, context.new_page(), f"{scheme}-{size}").take()
            context.close()


def _issue_coupon(stack: LocalStack) -> None:
    headers = {"Authorization": f"Bearer {stack.sign_in(USERS[-1].email)}", "Content-Type": "application/json"}
    request = urllib.request.Request(  # noqa: S310 - our own API
        f"{stack.api_url}/api/admin/coupons", json.dumps(COUPON).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        return


def main() -> int:
    """Start the stack, take the screenshots, stop the stack. Returns the exit status."""
    try:
        chromium = find()
    except BrowserMissing as error:
        print(error, file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with redirect_stdout(Console(sys.stdout)), LocalStack(ports=Ports.free()) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        take_all(stack, browser)
        browser.close()
    for name in ("storefront", "checkout"):
        shutil.copyfile(FOLDER / f"{name}-light-desktop.png", IMAGES / f"{name}.png")
    print(f"Wrote {len(list(Path(FOLDER).glob('*.png')))} pictures to {FOLDER}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
