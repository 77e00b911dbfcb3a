"""The sample lesson of the local stack: behind the same signed addresses as in production."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from adapters.cloudfront.lesson_library import LessonLinks, SigningKey
from scripts.stack.http_server import HttpRequest, HttpResponse
from scripts.stack.lessons import Lessons

ORIGIN = "http://127.0.0.1:3000"
HOUR = timedelta(hours=1)


def pages(_request: HttpRequest) -> HttpResponse:
    """The rest of the website."""
    return HttpResponse(status=200, body=b"page")


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    """Lessons with a key of their own."""
    return Lessons(origin=ORIGIN)


def address(lessons: Lessons, wait: timedelta = HOUR) -> str:
    """The signed address of a lesson, as the product makes it, without the origin."""
    secret = lessons.as_secret()
    key = SigningKey(secret["LESSON_KEY_ID"], secret["LESSON_PRIVATE_KEY"])
    content = LessonLinks(pattern=lessons.pattern, key=lambda: key).content("c-1", "M1-V1", datetime.now(UTC) + wait)
    assert content is not None
    return content.url.removeprefix(ORIGIN)


def test_a_signed_address_shows_the_sample(lessons: Lessons) -> None:
    """A video; pages are not in its way."""
    website = lessons.before(pages)
    shown = website(HttpRequest(method="GET", target=address(lessons)))
    assert shown.status == 200
    assert dict(shown.headers)["Content-Type"] == "video/webm"
    assert shown.body.startswith(b"\x1a\x45\xdf\xa3")
    assert website(HttpRequest(method="GET", target="/index.html")).body == b"page"
    assert website(HttpRequest(method="POST", target=address(lessons))).status == 405


def test_no_other_address_does(lessons: Lessons) -> None:
    """Not without a signature, not for another lesson, not with more time, not when it is over, not of another key."""
    good = address(lessons)
    for bad in (
        good.partition("?")[0],
        good.replace("M1-V1", "M1-V2"),
        re.sub(r"Expires=(\d+)", lambda found: f"Expires={int(found[1]) + 60}", good),
        re.sub(r"Signature=..", "Signature=AA", good),
        good + "&x=1",
        address(lessons, -HOUR),
        address(Lessons(origin=ORIGIN)),
    ):
        assert lessons(HttpRequest(method="GET", target=bad)).status == 403, bad
