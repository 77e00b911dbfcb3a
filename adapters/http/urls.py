"""URLs that a client may send: only pages of the configured web origin."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from adapters.http.errors import InvalidRequest
from adapters.http.field_types import URL_PATTERN

_PLAIN = re.compile(URL_PATTERN)


def own_url(text: str, origin: str) -> str:
    """The absolute URL, which is on the origin. A path is completed with the origin.

    Raises:
        InvalidRequest: the URL is on another origin, or not valid.
    """
    if not _PLAIN.fullmatch(text):
        raise InvalidRequest("The URL contains characters that are not allowed.")
    full = origin + text if text.startswith("/") and not text.startswith("//") else text
    try:
        parts = urlsplit(full)
    except ValueError:
        raise InvalidRequest("The URL is not valid.") from None
    if f"{parts.scheme}://{parts.netloc}" != origin or not full.startswith(f"{origin}/"):
        raise InvalidRequest("The URL must be a page of this school's website.")
    return full
