"""A course's own page: what previews of links read, made of what editors wrote."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.stack.course_pages import (
    CourseFacts,
    TemplateChanged,
    course_in,
    course_page,
    page_name,
    with_pages,
)
from scripts.stack.http_server import HttpRequest
from scripts.stack.web import Pages

FRONTEND = Path(__file__).parents[2] / "frontend"
TEMPLATE = (FRONTEND / "course.html").read_text("utf-8")
SCHOOL = {"name": "Night School"}
ORIGIN = "https://school.example"
COURSE = CourseFacts(course_id="aws-1", name="AWS <Cloud>", description='From "zero" & on.', image_url="")


class _Read(HTMLParser):
    """The tags of a page, and the text of some."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.metas: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.course: str | None = None
        self._in = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in = tag
        named = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self.metas[named.get("property") or named.get("name", "")] = named.get("content", "")
        if tag == "link":
            self.links[named["rel"]] = named["href"]
        if tag == "main":
            self.course = named.get("data-course")

    def handle_data(self, data: str) -> None:
        self.texts[self._in] = self.texts.get(self._in, "") + data


def _page(course: CourseFacts = COURSE) -> _Read:
    return _Read(course_page(TEMPLATE, course, school=SCHOOL, origin=ORIGIN))


def test_a_preview_tells_the_course() -> None:
    """Title, description, picture and the address to give away, without a script."""
    page = _page()
    assert page.texts["title"].strip() == "AWS <Cloud> · Night School"
    assert page.metas["description"] == page.metas["og:description"] == 'From "zero" & on.'
    assert page.metas["og:title"] == "AWS <Cloud> · Night School"
    assert page.metas["og:url"] == page.links["canonical"] == f"{ORIGIN}/course-aws-1.html"
    assert page.metas["og:image"] == f"{ORIGIN}/img/share.png"
    assert page.course == "aws-1"


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("https://images.example/aws.png", "https://images.example/aws.png"),
        ("http://images.example/aws.png", f"{ORIGIN}/img/share.png"),
        ("javascript:alert(1)", f"{ORIGIN}/img/share.png"),
        ("https:///nowhere.png", f"{ORIGIN}/img/share.png"),
    ],
)
def test_the_picture_is_the_courses_own_where_it_is_on_the_web(image: str, shown: str) -> None:
    """Anything else is no picture of a preview."""
    course = CourseFacts(course_id="a", name="A", description="", image_url=image)
    assert _page(course).metas["og:image"] == shown


@given(st.text(), st.text(), st.text())
def test_what_editors_write_never_becomes_markup(name: str, description: str, image: str) -> None:
    """Whatever the texts hold, the page has the same tags as with plain ones."""
    plain = _page(CourseFacts(course_id="a", name="A", description="B", image_url=""))
    strange = _page(CourseFacts(course_id="a", name=name, description=description, image_url=image))
    assert strange.tags == plain.tags
    assert strange.metas.keys() == plain.metas.keys()


def test_an_attack_in_a_name_is_a_text() -> None:
    """The control of the law above: without escaping there would be one more script."""
    attack = '"><script src="//evil.example"></script></title>'
    page = course_page(
        TEMPLATE,
        CourseFacts(course_id="a", name=attack, description=attack, image_url=attack),
        school=SCHOOL,
        origin=ORIGIN,
    )
    assert '<script src="//evil' not in page
    assert "&lt;script src=&quot;//evil.example&quot;&gt;" in page


def test_a_long_description_ends_at_a_word() -> None:
    """Previews cut at some length anyway; ours is cut where it can be read."""
    course = CourseFacts(course_id="a", name="A", description="word " * 100, image_url="")
    described = _page(course).metas["og:description"]
    assert len(described) <= 301
    assert described.endswith("word…")


def test_a_changed_template_is_noticed() -> None:
    """A page without the places to fill in is none that should be published."""
    with pytest.raises(TemplateChanged):
        course_page(TEMPLATE.replace("og:title", "og-title").replace("data-slot", "slot"), COURSE, school={}, origin="")


@pytest.mark.parametrize("name", ["course-a", "course-a.html"])
def test_a_page_is_found_by_its_name(name: str) -> None:
    """With and without the ending; the page of all courses is none of these."""
    assert course_in(name) == "a"
    assert course_in("course.html") is None
    assert course_in("course-a/b.html") is None
    assert course_in(page_name("x_Y-1")) == "x_Y-1"


def test_an_id_that_is_no_name_gets_no_page() -> None:
    """Such a course keeps the address with its id in the query."""
    assert with_pages([COURSE, CourseFacts(course_id="a/b", name="", description="", image_url="")]) == {
        "aws-1": COURSE
    }


def test_the_local_server_has_the_same_pages() -> None:
    """With its own origin; config.json says which courses have one; others are not there."""
    pages = Pages(
        root=FRONTEND,
        api_base="",
        stripe_js="https://js.stripe.com/x",
        connect=(),
        origin=ORIGIN,
        courses=lambda: [COURSE],
    )
    answers = {
        target: pages(HttpRequest(method="GET", target=target))
        for target in ("/course-aws-1.html", "/course-aws-1", "/course-none.html", "/config.json")
    }
    page = answers["/course-aws-1.html"]
    assert page.status == 200
    assert page.body.decode() == course_page(TEMPLATE, COURSE, school={"name": "LearnerMax"}, origin=ORIGIN)
    assert answers["/course-aws-1"].body == page.body
    assert answers["/course-none.html"].status == 404
    assert b'"coursePages": ["aws-1"]' in answers["/config.json"].body
