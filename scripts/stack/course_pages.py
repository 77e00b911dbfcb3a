"""A page of its own for every course: course.html with what programs that show previews of links read.

Such programs run no scripts. Titles, descriptions and pictures of courses are therefore in the page as it is served.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Self
from urllib.parse import urlsplit

from attrs import frozen

from domain.courses import Course

TEMPLATE = "course.html"
_NAMED = re.compile(r"course-(?P<course>[A-Za-z0-9_-]+)(?:\.html)?")
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_DEFAULT_NAME = "LearnerMax"
_PICTURE = "img/share.png"
_LONGEST_DESCRIPTION = 300
_HEADING = '<h1 class="visually-hidden" data-slot="name" data-t="course.title">Course</h1>'
_MAIN = '<main id="main" class="course"'
_META = re.compile(r'<title data-title="course\.title">.*?(?=\s*<meta name="color-scheme")', re.DOTALL)


class TemplateChanged(Exception):
    """course.html has not the places that are filled in here."""


@frozen(kw_only=True)
class CourseFacts:
    """What a preview tells of a course. ``image_url`` may be empty."""

    course_id: str
    name: str
    description: str
    image_url: str

    @classmethod
    def of(cls, course: Course) -> Self:
        """Those of a course in the table."""
        return cls(
            course_id=course.course_id, name=course.name, description=course.description, image_url=course.image_url
        )

    @classmethod
    def from_json(cls, course: Mapping[str, Any]) -> Self:
        """Those of a course as the API sends it."""
        text = {name: str(course.get(name) or "") for name in ("courseId", "name", "description", "imageUrl")}
        return cls(
            course_id=text["courseId"], name=text["name"], description=text["description"], image_url=text["imageUrl"]
        )


def with_pages(courses: Iterable[CourseFacts]) -> dict[str, CourseFacts]:
    """The courses that get a page, by id: those whose id can stand in an address as it is."""
    return {course.course_id: course for course in courses if _ID.fullmatch(course.course_id)}


def page_name(course_id: str) -> str:
    """The name of a course's page beside the others."""
    return f"course-{course_id}.html"


def course_in(name: str) -> str | None:
    """The id of the course whose page has this name, with or without ".html"; None where it is none."""
    found = _NAMED.fullmatch(name)
    return found["course"] if found else None


def course_page(template: str, course: CourseFacts, *, school: Mapping[str, Any], origin: str) -> str:
    """The page of one course, made of course.html. ``origin`` is the website's, without a slash at its end.

    Everything that editors write is escaped: whatever a name or a description holds, it is a text there.

    Raises:
        TemplateChanged: the template lacks a place that is filled in.
    """
    school_name = str(school.get("name") or _DEFAULT_NAME)
    title = f"{course.name} · {school_name}"
    described = _shortened(course.description) or title
    address = f"{origin}/{page_name(course.course_id)}"
    named = {
        "og:type": "website",
        "og:site_name": school_name,
        "og:title": title,
        "og:description": described,
        "og:url": address,
        "og:image": _picture(course, origin),
    }
    head = "\n    ".join(
        (
            f'<title data-title="course.title">{escape(title)}</title>',
            f'<meta name="description" content="{escape(described)}">',
            f'<link rel="canonical" href="{escape(address)}">',
            *(f'<meta property="{name}" content="{escape(value)}">' for name, value in named.items()),
            '<meta name="twitter:card" content="summary_large_image">',
        )
    )
    body = "\n".join((f"<h1>{escape(course.name)}</h1>", f"<p>{escape(course.description)}</p>"))
    page = _filled(template, _META, head)
    page = _filled(page, re.compile(re.escape(_MAIN)), f'{_MAIN} data-course="{escape(course.course_id)}"')
    page = _filled(
        page,
        re.compile(re.escape(_HEADING)),
        _HEADING.replace(' data-t="course.title">Course<', f">{escape(course.name)}<"),
    )
    return _filled(
        page, re.compile(r'<noscript><p class="page">'), f'<noscript><div class="page">{body}</div><p class="page">'
    )


def _filled(page: str, place: re.Pattern[str], text: str) -> str:
    filled, count = place.subn(lambda _: text, page)
    if count != 1:
        raise TemplateChanged(f"{TEMPLATE} has {count} places of the form {place.pattern!r}; one is filled in.")
    return filled


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= _LONGEST_DESCRIPTION:
        return words
    return f"{words[:_LONGEST_DESCRIPTION].rpartition(' ')[0] or words[:_LONGEST_DESCRIPTION]}…"


def _picture(course: CourseFacts, origin: str) -> str:
    """The course's own picture, where it is on the web; else the school's."""
    scheme, host, *_ = urlsplit(course.image_url)
    return course.image_url if scheme == "https" and host else f"{origin}/{_PICTURE}"
