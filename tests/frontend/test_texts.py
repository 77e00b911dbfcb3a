"""Every language says the same things; the school says them under its own name and colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from scripts.stack.http_server import HttpServer
from scripts.stack.web import Pages
from tests.frontend.conftest import FRONTEND, PATIENCE, Logic, Visit
from tests.frontend.fake_school import FakeSchool, Reply, refusal

pytestmark = pytest.mark.browser

_LANGUAGES = sorted(path.stem for path in (FRONTEND / "js" / "texts").glob("*.js"))


def _texts(logic: Logic, language: str) -> dict[str, Any]:
    script = "async (language) => (await import(`/js/texts/${language}.js`)).default"
    found: dict[str, Any] = logic.page.evaluate(script, language)
    return found


def _names(text: object) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", str(text)))


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_language_has_every_text_with_its_names(logic: Logic, language: str) -> None:
    """The keys are those of English, and so are the {names} in each; nothing is empty that is not empty in English."""
    english, other = _texts(logic, "en"), _texts(logic, language)
    assert other.keys() == english.keys()
    assert {key for key, text in other.items() if _names(text) != _names(english[key])} == set()
    assert {key for key, text in other.items() if not text and english[key]} == set()


def test_early_knows_every_language_there_is() -> None:
    """A new language is one file in texts/ and its code in early.js."""
    [listed] = re.findall(r"LANGUAGES = \[(.*?)\]", (FRONTEND / "js" / "early.js").read_text("utf-8"))
    assert sorted(re.findall(r"\w+", listed)) == _LANGUAGES


@pytest.mark.parametrize("page", sorted(path.name for path in FRONTEND.glob("*.html")))
def test_the_words_in_the_markup_are_those_of_the_texts(logic: Logic, page: str) -> None:
    """What stands in the file before any script runs is the English text of its key."""
    english = _texts(logic, "en")
    markup = (FRONTEND / page).read_text("utf-8")
    found = logic.page.evaluate(
        """(markup) => {
            const parsed = new DOMParser().parseFromString(markup, "text/html");
            const all = (selector) => [...parsed.querySelectorAll(selector)];
            const texts = all("[data-t]").map((e) => [e.dataset.t, e.textContent]);
            const attributes = ["aria-label", "placeholder", "content"].flatMap((name) =>
                all(`[data-t-${name}]`).map((e) => [e.getAttribute(`data-t-${name}`), e.getAttribute(name)]));
            return [...texts, ...attributes];
        }""",
        markup,
    )
    assert {key: text for key, text in found if english[key] != text} == {}
    assert found or page == "404.html"


@pytest.fixture
def german(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of somebody who reads German."""
    profile = browser.new_context(locale="de-DE", timezone_id="UTC", reduced_motion="reduce")
    profile.set_default_timeout(PATIENCE)
    yield profile
    profile.close()


def test_whoever_reads_german_is_spoken_to_in_german(german: BrowserContext, school: FakeSchool, site: str) -> None:
    """Markup, scripts, numbers, errors and the page's title; and whoever chooses English keeps English."""
    page = german.new_page()
    page.goto(f"{site}/index.html")
    expect(page.get_by_role("heading", level=1)).to_have_text("So gut gelernt, dass es am Montag sitzt.")
    expect(page.get_by_test_id("price-PAID-1")).to_have_text("149,99\u00a0$")
    expect(page.get_by_test_id("price-SOON-1")).to_have_text("Bald verfügbar")
    expect(page).to_have_title("Kurse · LearnerMax")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_placeholder("Thema oder Lehrkraft")).to_be_visible()
    gone = refusal(404, "There is no such course.", "course_not_found")
    school.script("GET", "/api/courses/NO", gone)
    page.goto(f"{site}/course.html?id=NO")
    expect(page.get_by_role("alert")).to_contain_text("Diesen Kurs gibt es nicht.")
    expect(page.get_by_role("alert")).to_contain_text("Wenn Sie uns schreiben, nennen Sie bitte req-42")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no such course.")
    page.goto(f"{site}/index.html")
    expect(page.get_by_test_id("price-PAID-1")).to_have_text("$149.99")


def test_a_language_that_does_not_load_leaves_no_empty_page(
    german: BrowserContext, school: FakeSchool, site: str
) -> None:
    """The page says that something is wrong instead of staying hidden."""
    page = german.new_page()
    page.route("**/texts/de.js", lambda route: route.abort())
    page.goto(f"{site}/index.html")
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_school_has_its_own_name_colour_and_links(browser: Browser, school: FakeSchool, tmp_path: Any) -> None:
    """From school.json alone: no page is edited for it."""
    settings = {
        "name": "Ada's School",
        "accent": {"light": "#8a1c4a", "dark": "#f0a0c0"},
        "contact": "ada@school.example",
        "legal": {"terms": "https://school.example/terms"},
        "refundDays": 14,
    }
    pages = Pages(root=FRONTEND, api_base=school.url, stripe_js=f"{school.url}/endive/stripe.js", connect=(school.url,))

    def answer(request: Any) -> Any:
        return pages(request)

    with HttpServer(answer=answer) as server:
        page = browser.new_page(locale="en-US")
        page.route("**/config.json", lambda route: route.fulfill(json={"apiBase": school.url, "school": settings}))
        page.goto(f"{server.url}/course.html?id=PAID-1")
        expect(page.locator(".brand")).to_have_text("Ada's School")
        expect(page).to_have_title("AWS Cloud Mastery · Ada's School")
        expect(page.get_by_test_id("enroll-PAID-1")).to_have_css("background-color", "rgb(138, 28, 74)")
        expect(page.get_by_role("link", name="Terms")).to_have_attribute("href", "https://school.example/terms")
        expect(page.get_by_role("link", name="ada@school.example")).to_be_visible()
        expect(page.get_by_text("within 14 days").first).to_be_visible()
        page.close()


def test_lessons_that_are_kept_elsewhere_open_there(visit: Visit) -> None:
    """One pattern in the configuration leads every lesson to where the school has it."""
    school = {"lessonUrl": "https://videos.example/{courseId}/{lessonId}"}
    visit.page.route(
        "**/config.json", lambda route: route.fulfill(json={"apiBase": visit.school.url, "school": school})
    )
    mine = {"courseId": "FREE-1", "paymentStatus": "free", "progress": 0, "currentLectureId": "L1"}
    visit.school.script("GET", "/api/enrollments", Reply(200, [mine]))
    visit.sign_in()
    page = visit.open("learn.html?id=FREE-1")
    link = page.get_by_test_id("open-lesson")
    expect(link).to_have_attribute("href", "https://videos.example/FREE-1/L1")
    expect(link).to_have_attribute("rel", "noopener")
