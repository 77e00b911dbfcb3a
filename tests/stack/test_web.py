"""The pages are served with strict headers, and nothing but the pages."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from scripts.stack.http_server import HttpRequest, HttpResponse
from scripts.stack.web import Pages

API = "http://127.0.0.1:8000"
COGNITO = "http://127.0.0.1:4566"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    """A small site, beside a secret file that must not be served."""
    root = tmp_path / "frontend"
    (root / "js").mkdir(parents=True)
    (root / "index.html").write_text("<h1>Home</h1>")
    (root / "checkout.html").write_text("<h1>Pay</h1>")
    (root / "js" / "api.js").write_text("export {};")
    (root / ".hidden.txt").write_text("hidden")
    (root / "notes.py").write_text("secret = 1")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return pages_of(root, "http://127.0.0.1:12111/stripe.js")


def pages_of(root: Path, stripe_js: str) -> Pages:
    """Pages of a directory that load Stripe.js from an address."""
    return Pages(root=root, api_base=API, stripe_js=stripe_js, connect=(API, COGNITO))


def get(pages: Pages, path: str, method: str = "GET", *headers: tuple[str, str]) -> HttpResponse:
    """One request."""
    return pages(HttpRequest(method=method, target=path, headers=headers))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", b"<h1>Home</h1>"),
        ("/index.html", b"<h1>Home</h1>"),
        ("/checkout.html?course=1", b"<h1>Pay</h1>"),
        ("/checkout", b"<h1>Pay</h1>"),
        ("/js/api.js", b"export {};"),
    ],
)
def test_pages_are_found_with_or_without_their_ending(pages: Pages, path: str, body: bytes) -> None:
    """A page is named by its file, its file without .html, or / for the first one."""
    answer = get(pages, path)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/js/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "//etc/passwd",
        "/secret.txt%00.html",
        "/.hidden.txt",
        "/link.txt",
        "/notes.py",
        "/js",
        "/nothing.html",
    ],
)
def test_nothing_outside_the_site_is_served(pages: Pages, path: str) -> None:
    """Climbing out, hidden files, links to elsewhere, unknown types of file: 404."""
    answer = get(pages, path)
    assert answer.status == 404
    assert b"secret" not in answer.body


@pytest.mark.parametrize("path", ["/nothing.html", "/courses/7", "/notes.py", "/404.html", "/404"])
def test_an_unknown_path_is_answered_by_the_404_page(pages: Pages, path: str) -> None:
    """With a 404.html in the site, it is the body of every 404, under the headers of a page."""
    (pages.root / "404.html").write_text("<h1>Lost</h1>")
    answer = get(pages, path)
    headers = dict(answer.headers)
    assert (answer.status, answer.body) == (404, b"<h1>Lost</h1>")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert get(pages, "/index.html").status == 200


def test_texts_are_compressed_for_who_asks(pages: Pages) -> None:
    """As CloudFront does it; each form has a tag of its own, and who has it gets 304."""
    plain = get(pages, "/index.html")
    packed = get(pages, "/index.html", "GET", ("Accept-Encoding", "br, gzip"))
    assert gzip.decompress(packed.body) == plain.body
    tags = [dict(each.headers)["ETag"] for each in (plain, packed)]
    assert tags[0] != tags[1]
    again = get(pages, "/index.html", "GET", ("Accept-Encoding", "gzip"), ("If-None-Match", tags[1]))
    assert (again.status, again.body) == (304, b"")
    assert dict(packed.headers)["Vary"] == "Accept-Encoding"


def test_the_configuration_names_the_api(pages: Pages) -> None:
    """/config.json is made, not stored, and never cached."""
    answer = get(pages, "/config.json")
    assert json.loads(answer.body) == {"apiBase": API, "school": {}, "coursePages": []}
    assert ("Cache-Control", "no-store") in answer.headers


def test_every_answer_carries_the_policy(pages: Pages) -> None:
    """Scripts and frames come from the site and from Stripe.js's origin only; calls go to the API and Cognito."""
    for path in ("/", "/config.json", "/nothing.html"):
        headers = dict(get(pages, path).headers)
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["script-src"] == "'self' http://127.0.0.1:12111"
        assert policy["frame-src"] == "http://127.0.0.1:12111"
        assert policy["connect-src"].split()[:3] == ["'self'", API, COGNITO]
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_with_real_stripe_its_own_hosts_are_admitted(tmp_path: Path) -> None:
    """Stripe.js from Stripe brings frames and calls of its own."""
    headers = dict(get(pages_of(tmp_path, "https://js.stripe.com/endive/stripe.js"), "/").headers)
    assert "frame-src https://js.stripe.com https://*.js.stripe.com" in headers["Content-Security-Policy"]
    assert "connect-src 'self' http://127.0.0.1:8000" in headers["Content-Security-Policy"]


def test_an_unchanged_file_is_not_sent_again(pages: Pages, tmp_path: Path) -> None:
    """A browser asks each time, and gets 304 until the file changes."""
    tag = dict(get(pages, "/js/api.js").headers)["ETag"]
    again = get(pages, "/js/api.js", "GET", ("If-None-Match", tag))
    assert (again.status, again.body) == (304, b"")
    (tmp_path / "frontend" / "js" / "api.js").write_text("export const changed = true;")
    assert get(pages, "/js/api.js", "GET", ("If-None-Match", tag)).status == 200


def test_pages_are_read_only(pages: Pages) -> None:
    """POST and the like are 405."""
    assert get(pages, "/", "POST").status == 405


def test_the_school_says_its_name_and_where_its_pictures_are(pages: Pages) -> None:
    """school.json beside the pages is part of the configuration; its image origins join the policy, and no others."""
    assert dict(get(pages, "/").headers)["Content-Security-Policy"].count("img-src 'self' data:;") == 1
    school = {
        "name": "Ada's School",
        "imageOrigins": ["https://images.example"],
        "lessonOrigins": ["https://lessons.example"],
    }
    (pages.root / "school.json").write_text(json.dumps(school))
    again = pages_of(pages.root, "http://127.0.0.1:12111/stripe.js")
    assert json.loads(get(again, "/config.json").body)["school"] == school
    policy = dict(get(again, "/").headers)["Content-Security-Policy"]
    assert "img-src 'self' data: https://images.example;" in policy
    assert "media-src 'self' https://lessons.example;" in policy
