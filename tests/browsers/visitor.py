"""Somebody who uses the pages, in whichever browser."""

from __future__ import annotations

from attrs import define, frozen

from scripts.stack.aws_resources import PASSWORD
from tests.browsers.remote import Remote

_FORM = '[data-testid="checkout-mount"]:not([inert]) iframe'
_MOST_STEPS = 60


@frozen
class Target:
    """The first element of this selector that is in sight and has the text; in the page, or in this frame of it."""

    css: str
    text: str = ""
    frame: str = ""

    def described(self) -> dict[str, str]:
        """As commands.mjs wants it."""
        return {"css": self.css, "text": self.text, "frame": self.frame}


def named(test_id: str, text: str = "") -> Target:
    """The element of this test id."""
    return Target(f'[data-testid="{test_id}"]', text)


def in_form(css: str, text: str = "") -> Target:
    """Inside the provider's form, once the checkout page lets one use it."""
    return Target(css, text, _FORM)


@define
class Visitor:
    """Uses the pages at `site`. Every step waits until it can be done."""

    remote: Remote
    site: str

    def open(self, address: str) -> None:
        """Go to a page of the school."""
        self.remote.do("go", f"{self.site}/{address}")

    def at(self, part: str) -> None:
        """The address has this part."""
        self.remote.do("at", part)

    def see(self, what: str | Target, text: str = "") -> str:
        """What it says, once it is in sight; a page on which it does not fit is noted as a problem."""
        return str(self.remote.do("see", _target(what, text)))

    def miss(self, what: str | Target) -> None:
        """It is not in sight any more."""
        self.remote.do("gone", _target(what))

    def press(self, what: str | Target, text: str = "") -> None:
        """Click on it."""
        self.remote.do("press", _target(what, text))

    def fill(self, what: str | Target, text: str) -> None:
        """Type this instead of what the field holds."""
        self.remote.do("fill", _target(what), text)

    def holds(self, what: str | Target, value: str) -> None:
        """The field holds this."""
        self.remote.do("holds", _target(what), value)

    def go_to(self, what: str | Target) -> None:
        """Press Tab until this has the focus, and can be seen to have it."""
        self.see(what)
        for _ in range(_MOST_STEPS):
            self.remote.do("key", "Tab")
            if outline := self.remote.do("focus", _target(what)):
                assert outline == "solid", what
                return
        raise AssertionError(f"the keyboard does not reach {what}")

    def type(self, text: str) -> None:
        """By keyboard, into whatever has the focus."""
        self.remote.do("keys", text)

    def enter(self) -> None:
        """Press Enter."""
        self.remote.do("key", "Enter")

    def new_tab(self) -> int:
        """Another tab of the same browser; it is in front."""
        return int(self.remote.do("tab"))

    def front(self, tab: int) -> None:
        """Bring this tab to the front; the first is 0."""
        self.remote.do("front", tab)

    def problems(self) -> list[str]:
        """Script errors, rejections, breaches of the policy, what did not load, pages that scroll sideways."""
        return list(self.remote.do("problems"))

    def complain(self, sentence: str) -> None:
        """Let the page say this in the console, and fail with it."""
        self.remote.do("complain", sentence)

    def sign_in(self, email: str) -> None:
        """Through the form; returns on the student's courses."""
        self.open("signin.html")
        self.fill("signin-email", email)
        self.fill("signin-password", PASSWORD)
        self.press("signin-submit")
        self.at("dashboard.html")
        self.see(Target('[data-slot="initials"]:not(:empty)'))

    def sign_out(self) -> None:
        """On the account page; returns on the storefront."""
        self.open("account.html")
        self.press(Target("main:not([aria-busy]) [data-signout]"))
        self.at("index.html")
        self.see(Target("a.for-guest"))

    def type_card(self, number: str) -> None:
        """Fill in the provider's form and send it."""
        self.fill(in_form("#cardNumber"), number)
        self.fill(in_form("#cardExpiry"), "1234")
        self.fill(in_form("#cardCvc"), "123")
        self.fill(in_form("#billingName"), "Nell Newcomer")
        self.press(in_form('[data-testid="pay"]'))


def _target(what: str | Target, text: str = "") -> dict[str, str]:
    return (named(what, text) if isinstance(what, str) else what).described()
