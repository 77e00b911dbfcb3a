"""A headless browser, the pages as they are served, and the school that they talk to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from scripts.stack.http_server import HttpServer
from scripts.stack.web import Pages
from tests.frontend.fake_school import FakeSchool, tokens

FRONTEND = Path(__file__).parents[2] / "frontend"
PATIENCE = 15_000  # milliseconds
NAVIGATION = 60_000  # a page with its modules, on a machine that is busy with other tests
_EXPECTED_NOISE = ("Failed to load resource", "net::ERR_")  # the browser's own lines about answers that a test scripts


@define(slots=False)  # Playwright hangs a note on the object whose method it calls
class Visit:
    """One student's browser on the pages. `problems` collects script errors and violations of the page's policy."""

    page: Page
    school: FakeSchool
    site: str
    problems: list[str] = field(factory=list)
    in_flight: set[Request] = field(factory=set)

    def sign_in(
        self,
        name: str = "Ada Lovelace",
        expires_in: int = 3600,
        groups: tuple[str, ...] = (),
        lacks_factor: str | None = None,
    ) -> None:
        """Start as a student who has signed in in this browser; with groups, as somebody of the school."""
        result = tokens(name, expires_in, groups, lacks_factor)
        session = {
            "idToken": result["IdToken"],
            "accessToken": result["AccessToken"],
            "refreshToken": result["RefreshToken"],
            "expiresAt": int((time.time() + expires_in) * 1000),
            "endpoint": f"{self.school.url}/cognito/",
            "clientId": "client-1",
        }
        keep = f"localStorage.setItem('learnermax.session', '{json.dumps(session)}'); window.name = 'seen';"
        self.page.add_init_script(f"if (window === top && window.name !== 'seen') {{ {keep} }}")

    def open(self, address: str) -> Page:
        """Go to a page of the site."""
        self.page.goto(f"{self.site}/{address}")
        return self.page

    def open_checkout(self) -> Page:
        """The checkout of the paid course, signed in, coupons offered, the form in place."""
        self.school.features = {"coupons": True}
        self.sign_in()
        page = self.open("checkout.html?courseId=PAID-1")
        expect(page.get_by_test_id("checkout-mount")).to_have_text("Form for cs_test_1_secret_1")
        return page

    def hurry(self, until: Callable[[], bool]) -> None:
        """Let the page's clock (installed before) jump ahead until something holds. Fails after the usual patience.

        It waits for the answers that are on their way, since a jump would make the page give up on them.
        """
        deadline = time.monotonic() + 4 * PATIENCE / 1000  # many answers in turn, on a machine that is busy
        while not until():
            assert time.monotonic() < deadline, "the page did not get there"
            if not self.in_flight:
                self.page.clock.fast_forward(8_000)
            self.page.wait_for_timeout(10)

    def asked(self, request: Request) -> None:
        """Remember a request until it is answered."""
        self.in_flight.add(request)

    def answered(self, request: Request) -> None:
        """Forget a request that was answered or failed."""
        self.in_flight.discard(request)

    def note(self, message: ConsoleMessage) -> None:
        """Keep what the console complains about, except for the answers that a test scripts."""
        if message.type == "error" and not any(noise in message.text for noise in _EXPECTED_NOISE):
            self.problems.append(message.text)


@pytest.fixture(scope="session")
def api_server() -> Iterator[HttpServer]:
    """Where the schools of the tests answer, one after the other."""
    with HttpServer(answer=FakeSchool(), largest_body=64_000) as server:
        yield server


@pytest.fixture
def school(api_server: HttpServer) -> FakeSchool:
    """The API, Cognito and Stripe.js, listening, with nothing scripted yet."""
    fake = FakeSchool(url=api_server.url)
    api_server.answer = fake
    return fake


@pytest.fixture(scope="session")
def site(api_server: HttpServer) -> Iterator[str]:
    """The pages, served with the headers of the local stack."""
    api = api_server.url
    pages = Pages(root=FRONTEND, api_base=api, stripe_js=f"{api}/endive/stripe.js", connect=(api,))
    with HttpServer(answer=pages) as server:
        yield server.url


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    """How long every `expect` waits."""
    expect.set_options(timeout=PATIENCE)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own, in English, without animation."""
    profile = browser.new_context(locale="en-US", timezone_id="UTC", reduced_motion="reduce")
    profile.set_default_timeout(PATIENCE)
    profile.set_default_navigation_timeout(NAVIGATION)
    yield profile
    profile.close()


@pytest.fixture
def visit(context: BrowserContext, school: FakeSchool, site: str) -> Iterator[Visit]:
    """A visit that must end without script errors and without breaking the page's content security policy."""
    guest = Visit(context.new_page(), school, site)
    guest.page.on("console", guest.note)
    guest.page.on("request", guest.asked)
    guest.page.on("requestfinished", guest.answered)
    guest.page.on("requestfailed", guest.answered)
    guest.page.on("pageerror", lambda error: guest.problems.append(str(error)))
    yield guest
    assert guest.problems == []


@define(slots=False)
class Logic:
    """The pages' pure modules, called in the browser as they are."""

    page: Page

    def call(self, name: str, *arguments: object) -> Any:
        """What `module.function` answers; an exception comes as {"throws": its name}."""
        module, function = name.split(".")
        script = """async ([module, name, given]) => {
            const { [name]: tested } = await import(`/js/logic/${module}.js`);
            try { return tested(...given.map((value) => value ?? undefined)); }
            catch (error) { return { throws: error.name }; }
        }"""
        return self.page.evaluate(script, [module, function, list(arguments)])

    def say(self, function: str, *arguments: object, locale: str = "en-US") -> Any:
        """What a function of ui.js says, its numbers as they are written somewhere."""
        script = """async ([name, given, locale]) => {
            const ui = await import("/js/ui.js");
            ui.speak(undefined, "en", locale);
            return ui[name](...given);
        }"""
        return self.page.evaluate(script, [function, list(arguments), locale])


@pytest.fixture(scope="session")
def logic(browser: Browser) -> Iterator[Logic]:
    """The modules behind one page that stays open; they keep no state."""
    pages = Pages(root=FRONTEND, api_base="", stripe_js="https://js.stripe.com/endive/stripe.js", connect=())
    with HttpServer(answer=pages) as server:
        page = browser.new_page(locale="en-US")
        page.goto(f"{server.url}/img/mark.svg")
        yield Logic(page)
        page.close()
