"""Screenshots for the README: `make screenshots` writes docs/images/dashboard.png and docs/images/checkout.png."""

from __future__ import annotations

import json
import sys
import urllib.request
from contextlib import redirect_stdout
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from scripts.stack.app_loader import ROOT
from scripts.stack.aws_resources import PASSWORD, USERS
from scripts.stack.browser import BrowserMissing, find
from scripts.stack.console import Console
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack

IMAGES = ROOT / "docs" / "images"
FREE, PAID = "TEST-COURSE-001", "TEST-COURSE-005"
CODE = "WELCOME20"
COUPON = {"code": CODE, "name": "Welcome", "discountType": "percentage", "discountValue": 20}
_WIDTH, _HEIGHT = 1280, 860


def take(stack: LocalStack, page: Page, folder: Path) -> None:
    """Capture a student's dashboard with one enrollment, and the checkout of a paid course with a discount."""
    _issue_coupon(stack)
    page.goto(stack.web_url)
    page.get_by_test_id("signin-email").fill(USERS[0].email)
    page.get_by_test_id("signin-password").fill(PASSWORD)
    page.get_by_test_id("signin-submit").click()
    page.get_by_test_id(f"enroll-{FREE}").click()
    page.get_by_test_id(f"enrolled-badge-{FREE}").wait_for()
    _capture(page, folder / "dashboard.png")
    page.get_by_test_id(f"enroll-{PAID}").click()
    page.get_by_test_id("coupon-input").fill(CODE)
    page.get_by_test_id("coupon-apply").click()
    form = page.get_by_test_id("checkout-mount").frame_locator("iframe")
    form.get_by_test_id("discount").wait_for()
    form.locator("#cardNumber").fill("4242 4242 4242 4242")
    form.locator("#cardExpiry").fill("12 / 34")
    form.locator("#cardCvc").fill("123")
    form.locator("#billingName").fill(USERS[0].name)
    _capture(page, folder / "checkout.png")


def _issue_coupon(stack: LocalStack) -> None:
    headers = {"Authorization": f"Bearer {stack.sign_in(USERS[-1].email)}", "Content-Type": "application/json"}
    request = urllib.request.Request(  # noqa: S310 - our own API
        f"{stack.api_url}/api/admin/coupons", json.dumps(COUPON).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        return


def _capture(page: Page, path: Path) -> None:
    page.evaluate("document.activeElement?.blur()")
    page.mouse.move(0, 0)  # so that no element is shown hovered
    page.screenshot(path=path, full_page=True, animations="disabled")


def main() -> int:
    """Start the stack, take the screenshots, stop the stack. Returns the exit status."""
    try:
        chromium = find()
    except BrowserMissing as error:
        print(error, file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with redirect_stdout(Console(sys.stdout)), LocalStack(ports=Ports.free()) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, locale="en-US", reduced_motion="reduce")
        take(stack, page, IMAGES)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
