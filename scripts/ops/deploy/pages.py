"""The pages of frontend/ in the stage's S3 bucket, behind CloudFront."""

from __future__ import annotations

import hashlib
import mimetypes
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import escape
from typing import Any

from attrs import frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.stage import ROOT
from scripts.stack.course_pages import TEMPLATE, CourseFacts, course_page, page_name, with_pages
from scripts.stack.web import config_json, school_of

FRONTEND = ROOT / "frontend"
CONFIG = "config.json"
_DEFAULT_NAME = "LearnerMax"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
}
# File names do not change with their content: browsers revalidate each time, and get 304 for unchanged files.
_REVALIDATE, _NO_STORE = "no-cache", "no-store"

_PARALLEL_UPLOADS = 16


@frozen
class Page:
    """A file as it is stored in the bucket."""

    key: str
    body: bytes
    content_type: str
    cache_control: str

    @property
    def is_html(self) -> bool:
        """Whether the file may refer to scripts and styles."""
        return self.key.endswith(".html")

    @property
    def etag(self) -> str:
        """The ETag that S3 gives this content."""
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


def publish_pages(
    aws: AwsClients, outputs: dict[str, str], courses: Iterable[CourseFacts], *, dry_run: bool = False
) -> list[dict[str, str]]:
    """Make the bucket equal to frontend/ with a page for each of the courses; returns one row per changed page.

    A dry run only returns the rows.
    """
    s3, bucket = aws("s3"), outputs["PagesBucket"]
    stored = _stored_etags(s3, bucket)
    pages = {page.key: page for page in _pages(outputs["WebOrigin"], with_pages(courses))}
    changed = [page for page in pages.values() if stored.get(page.key) != page.etag]
    removed = sorted(stored.keys() - pages.keys())
    if not dry_run:
        _upload(s3, bucket, changed)
        for key in removed:
            s3.delete_object(Bucket=bucket, Key=key)
        if changed or removed:
            _invalidate_cache(aws, outputs["DistributionId"])
    return [
        *({"page": page.key, "done": "changed" if page.key in stored else "new"} for page in changed),
        *({"page": key, "done": "removed"} for key in removed),
    ]


def image_origins() -> str:
    """The origins that pages may show images from beside their own, separated by spaces, from school.json."""
    return " ".join(school_of(FRONTEND).get("imageOrigins", ()))


def lesson_origins() -> str:
    """The origins that pages may play lessons from beside their own, separated by spaces, from school.json."""
    return " ".join(school_of(FRONTEND).get("lessonOrigins", ()))


def page_names() -> str:
    """The top-level names of all published files, separated by spaces, as the template's PageNames takes them."""
    return " ".join(sorted({page.key.partition("/")[0] for page in _pages("", {})}))


def shareable(page: bytes, origin: str, school: str = _DEFAULT_NAME) -> bytes:
    """The page as programs that show previews read it, which run no scripts: with the name of the school wherever the
    default one stands, and the full address of the preview's image.
    """
    named = page.replace(_DEFAULT_NAME.encode(), escape(school).encode())
    return named.replace(b'content="img/share.png"', f'content="{origin}/img/share.png"'.encode())


def _pages(origin: str, courses: dict[str, CourseFacts]) -> Iterator[Page]:
    name = str(school_of(FRONTEND).get("name") or _DEFAULT_NAME)
    for path in sorted(FRONTEND.rglob("*")):
        key = path.relative_to(FRONTEND).as_posix()
        if path.is_file() and not key.startswith(".") and path.suffix != ".md" and key != CONFIG:
            content_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            body = path.read_bytes()
            yield Page(
                key, shareable(body, origin, name) if path.suffix == ".html" else body, content_type, _REVALIDATE
            )
    template = shareable((FRONTEND / TEMPLATE).read_bytes(), origin, name).decode()
    for course in courses.values():
        body = course_page(template, course, school=school_of(FRONTEND), origin=origin).encode()
        yield Page(page_name(course.course_id), body, _TYPES[".html"], _REVALIDATE)
    # CloudFront serves the API at the pages' own origin, so browsers send no CORS preflights.
    yield Page(CONFIG, config_json(FRONTEND, "", courses), "application/json", _NO_STORE)


def _upload(s3: Any, bucket: str, pages: list[Page]) -> None:
    """Upload scripts and styles before the pages that refer to them. Stops at the first failure."""

    def put(page: Page) -> None:
        s3.put_object(
            Bucket=bucket,
            Key=page.key,
            Body=page.body,
            ContentType=page.content_type,
            CacheControl=page.cache_control,
        )

    with ThreadPoolExecutor(_PARALLEL_UPLOADS) as threads:
        for html in (False, True):
            list(threads.map(put, [page for page in pages if page.is_html is html]))


def _stored_etags(s3: Any, bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {each["Key"]: each["ETag"] for page in pages for each in page.get("Contents", ())}


def _invalidate_cache(aws: AwsClients, distribution: str) -> None:
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(uuid.uuid4())}
    aws("cloudfront").create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
