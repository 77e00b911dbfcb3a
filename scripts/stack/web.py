"""Serves the pages of frontend/ with a content security policy and other security headers."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from scripts.stack.course_pages import TEMPLATE, CourseFacts, course_in, course_page, with_pages
from scripts.stack.http_server import HttpRequest, HttpResponse

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_PACKED = {".css", ".html", ".js", ".json", ".svg", ".txt"}  # as CloudFront compresses them
_NOT_FOUND = "404.html"
_SCHOOL = "school.json"
# By Stripe's guide to content security policies, in addition to the origin of Stripe.js.
_STRIPE = {
    "script-src": "https://*.js.stripe.com https://checkout.stripe.com",
    "frame-src": "https://*.js.stripe.com https://hooks.stripe.com https://checkout.stripe.com",
    "connect-src": "https://api.stripe.com https://checkout.stripe.com",
}


@frozen(kw_only=True)
class Pages:
    """Answers GET and HEAD with files below ``root``, and /config.json with the API's URL and the school's settings.

    Unknown paths get the page 404.html, if there is one, with the status 404. The content security policy allows
    scripts and frames from ``stripe_js`` (the URL of Stripe.js) and requests to ``connect`` (API, Cognito). ``courses``
    reads the catalogue, for a page per course whose address begins with ``origin``.
    """

    root: Path
    api_base: str
    stripe_js: str
    connect: tuple[str, ...]
    origin: str = ""
    courses: Callable[[], Iterable[CourseFacts]] = tuple
    _headers: tuple[tuple[str, str], ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        school = school_of(self.root)
        images, media = school.get("imageOrigins", ()), school.get("lessonOrigins", ())
        object.__setattr__(self, "_headers", _security_headers(self.stripe_js, self.connect, images, media))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response to one request."""
        if request.method not in ("GET", "HEAD"):
            return self._text(405, "Only GET and HEAD are allowed.", ("Allow", "GET, HEAD"))
        if request.path == "/config.json":
            pages = with_pages(self.courses())
            return self._file(200, config_json(self.root, self.api_base, pages), ".json", "no-store")
        if made := self._course_page(request.path):
            return self._file(200, made, ".html", "no-cache")
        found = self._find(request.path)
        if found is None or found.name == _NOT_FOUND:
            return self._not_found()
        return self._stored(request, found)

    def _stored(self, request: HttpRequest, found: Path) -> HttpResponse:
        body = found.read_bytes()
        asked = {name.lower(): value for name, value in request.headers}
        packed = found.suffix in _PACKED and "gzip" in asked.get("accept-encoding", "")
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}{"-gzip" if packed else ""}"'
        if asked.get("if-none-match") == tag:
            return HttpResponse(status=304, headers=(*self._headers, ("ETag", tag), ("Cache-Control", "no-cache")))
        vary = ("Vary", "Accept-Encoding")
        if not packed:
            return self._file(200, body, found.suffix, "no-cache", ("ETag", tag), vary)
        return self._file(
            200, _gzipped(body), found.suffix, "no-cache", ("ETag", tag), vary, ("Content-Encoding", "gzip")
        )

    def _course_page(self, path: str) -> bytes | None:
        course_id = course_in(path.removeprefix("/"))
        course = with_pages(self.courses()).get(course_id) if course_id else None
        if course is None:
            return None
        template = (self.root / TEMPLATE).read_text("utf-8")
        return course_page(template, course, school=school_of(self.root), origin=self.origin).encode()

    def _not_found(self) -> HttpResponse:
        page = self._find(_NOT_FOUND)
        if page is None:
            return self._text(404, "Page not found.")
        return self._file(404, page.read_bytes(), page.suffix, "no-store")

    def _find(self, path: str) -> Path | None:
        segments = [segment for segment in unquote(path).split("/") if segment]
        if any(segment.startswith(".") or "\\" in segment or "\0" in segment for segment in segments):
            return None
        root = self.root.resolve()
        wanted = root.joinpath(*(segments or ["index.html"]))
        wanted = wanted if wanted.suffix else wanted.with_suffix(".html")
        wanted = wanted.resolve()
        inside = wanted.is_relative_to(root) and wanted.suffix in _TYPES and wanted.is_file()
        return wanted if inside else None

    def _file(self, status: int, body: bytes, suffix: str, cache: str, *more: tuple[str, str]) -> HttpResponse:
        headers = (*self._headers, ("Content-Type", _TYPES[suffix]), ("Cache-Control", cache), *more)
        return HttpResponse(status=status, headers=headers, body=body)

    def _text(self, status: int, sentence: str, *more: tuple[str, str]) -> HttpResponse:
        headers = (*self._headers, ("Content-Type", _TYPES[".txt"]), ("Cache-Control", "no-store"), *more)
        return HttpResponse(status=status, headers=headers, body=sentence.encode())


@lru_cache(maxsize=128)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def school_of(root: Path) -> dict[str, Any]:
    """The school's settings for its pages, from school.json beside them; none where there is no such file."""
    path = root / _SCHOOL
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def config_json(root: Path, api_base: str, course_pages: Iterable[str] = ()) -> bytes:
    """What the pages ask for first: where the API is, the school's settings, which courses have a page of their own.

    ``api_base`` is "" for the pages' own origin, ``course_pages`` are ids.
    """
    return json.dumps({"apiBase": api_base, "school": school_of(root), "coursePages": sorted(course_pages)}).encode()


def _security_headers(
    stripe_js: str, connect: Iterable[str], images: Iterable[str], media: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    scheme, host, *_ = urlsplit(stripe_js)
    stripe = f"{scheme}://{host}"
    real = _STRIPE if host == "js.stripe.com" else dict.fromkeys(_STRIPE, "")
    policy = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "script-src": f"'self' {stripe} {real['script-src']}",
        "frame-src": f"{stripe} {real['frame-src']}",
        "connect-src": f"'self' {' '.join(connect)} {stripe} {real['connect-src']}",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": f"'self' data: {' '.join(images)}".strip(),
        "media-src": f"'self' {' '.join(media)}".strip(),
        "manifest-src": "'self'",
    }
    return (
        ("Content-Security-Policy", "; ".join(f"{name} {value}".strip() for name, value in policy.items())),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Permissions-Policy", f'camera=(), geolocation=(), microphone=(), payment=(self "{stripe}")'),
    )
