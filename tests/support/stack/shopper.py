"""A student who uses the web app in a real browser."""

from __future__ import annotations

from attrs import define, field
from playwright.sync_api import ConsoleMessage, FrameLocator, Locator, Page, expect

from scripts.stack.aws_resources import PASSWORD

PATIENCE = 15_000  # milliseconds, on a busy machine


@define(slots=False)  # Playwright hangs a note on the object whose method it calls
class Shopper:
    """Uses the pages at `site`. `problems` collects script errors and violations of the pages' security policy."""

    page: Page
    site: str
    problems: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def sign_in(self, email: str) -> None:
        """Sign in through the form; returns on the student's courses."""
        self.page.goto(f"{self.site}/signin.html")
        self.see("signin-email").fill(email)
        self.see("signin-password").fill(PASSWORD)
        self.see("signin-submit").click()
        self.page.wait_for_url("**/dashboard.html")
        expect(self.page.locator('[data-slot="initials"]')).not_to_be_empty()

    def sign_out(self) -> None:
        """Sign out, once the page knows who is signed in: the button does nothing before."""
        expect(self.page.locator('[data-slot="initials"]')).not_to_be_empty()
        self.see("signout").click()

    def see(self, test_id: str) -> Locator:
        """The element of this test id on the page."""
        return self.page.get_by_test_id(test_id)

    def open_course(self, course_id: str) -> None:
        """Open the page of one course."""
        self.page.goto(f"{self.site}/course.html?id={course_id}")

    def badge(self, course_id: str) -> Locator:
        """The badge of a course that the student is enrolled in, on whichever page."""
        return self.see(f"enrolled-badge-{course_id}")

    @property
    def form(self) -> FrameLocator:
        """The payment form inside the checkout page."""
        return self.see("checkout-mount").frame_locator("iframe")

    def type_card(self, number: str) -> None:
        """Fill in the payment form and submit it."""
        self.form.locator("#cardNumber").fill(number)
        self.form.locator("#cardExpiry").fill("12 / 34")
        self.form.locator("#cardCvc").fill("123")
        self.form.locator("#billingName").fill("Nell Newcomer")
        self.form.get_by_test_id("pay").click()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)


def expect_green(badge: Locator) -> None:
    """The badge says Enrolled, and it is green."""
    expect(badge).to_have_text("Enrolled")
    red, green, blue = _rgb(badge.evaluate("element => getComputedStyle(element).backgroundColor"))
    text = _rgb(badge.evaluate("element => getComputedStyle(element).color"))
    assert green > red or text[1] > text[0], (red, green, blue, text)


def _rgb(css: str) -> tuple[int, ...]:
    return tuple(int(part) for part in css.partition("(")[2].rstrip(")").split(",")[:3])
