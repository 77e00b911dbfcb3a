"""`web publish`: the pages of frontend/, uploaded and served."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click
from attrs import frozen

from scripts.ops.command import Operator, OpsGroup, dry_run, operated
from scripts.ops.errors import OpsError
from scripts.ops.preflight import outputs_of
from scripts.ops.stack import Stack
from scripts.ops.stage import ROOT

FRONTEND = ROOT / "frontend"
CONFIG = "config.json"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
# Names do not change with their content: browsers ask each time, and get 304 where nothing changed.
_ASK_AGAIN, _NEVER_KEEP = "no-cache", "no-store"

_AT_ONCE = 16  # uploads; a connection each


@frozen
class Page:
    """A file as it is served."""

    key: str
    body: bytes
    kind: str
    cache: str

    @property
    def is_html(self) -> bool:
        """Whether it names other pages' scripts and styles."""
        return self.key.endswith(".html")

    @property
    def tag(self) -> str:
        """S3's tag of the same content."""
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


@click.group(cls=OpsGroup)
def web() -> None:
    """The web app's pages."""


@web.command()
@dry_run
@operated
def publish(operator: Operator, *, dry_run: bool) -> None:
    """Upload the pages that changed, with config.json, remove those that are gone, and empty CloudFront's cache."""
    outputs = outputs_of(operator.stage, operator.aws)
    if not outputs:
        raise OpsError(f"The stack {operator.stage.stack} is not there; run provision first.")
    known = Stack(operator.aws, operator.stage.stack).parameters().get("PageNames", page_names())
    if new := sorted(set(page_names().split()) - set(known.split())):
        raise OpsError(f"CloudFront would answer 404 for {', '.join(new)}; run provision first.")
    rows = publish_pages(operator, outputs, dry_run=dry_run)
    operator.out.table(rows, none="Nothing changed.")


def publish_pages(operator: Operator, outputs: dict[str, str], *, dry_run: bool = False) -> list[dict[str, str]]:
    """Bring the bucket to where frontend/ is; what was done (or would be), one row per page."""
    s3, bucket = operator.aws("s3"), outputs["PagesBucket"]
    there = _there(s3, bucket)
    pages = {page.key: page for page in _pages()}
    changed = [page for page in pages.values() if there.get(page.key) != page.tag]
    gone = sorted(there.keys() - pages.keys())
    if not dry_run:
        _upload(s3, bucket, changed)
        for key in gone:
            s3.delete_object(Bucket=bucket, Key=key)
        if changed or gone:
            _empty_cache(operator, outputs["DistributionId"])
    return [
        *({"page": page.key, "done": "changed" if page.key in there else "new"} for page in changed),
        *({"page": key, "done": "removed"} for key in gone),
    ]


def page_names() -> str:
    """The names at the top of what is published, as the template takes them; no other page is there."""
    return " ".join(sorted({page.key.partition("/")[0] for page in _pages()}))


def _pages() -> Iterator[Page]:
    for path in sorted(FRONTEND.rglob("*")):
        key = path.relative_to(FRONTEND).as_posix()
        if path.is_file() and not key.startswith(".") and path.suffix != ".md" and key != CONFIG:
            kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            yield Page(key, path.read_bytes(), kind, _ASK_AGAIN)
    # CloudFront serves the API under the pages' own origin, so that no browser has to ask for leave.
    yield Page(CONFIG, json.dumps({"apiBase": ""}).encode(), "application/json", _NEVER_KEEP)


def _upload(s3: Any, bucket: str, pages: list[Page]) -> None:
    """Upload, scripts and styles before the pages that name them. Stops at the first that fails."""

    def put(page: Page) -> None:
        s3.put_object(Bucket=bucket, Key=page.key, Body=page.body, ContentType=page.kind, CacheControl=page.cache)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for wanted in (False, True):
            list(threads.map(put, [page for page in pages if page.is_html is wanted]))


def _there(s3: Any, bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {each["Key"]: each["ETag"] for page in pages for each in page.get("Contents", ())}


def _empty_cache(operator: Operator, distribution: str) -> None:
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(uuid.uuid4())}
    operator.aws("cloudfront").create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
