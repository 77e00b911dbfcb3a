"""Addresses that a client may send: only pages of our own web app."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from adapters.http.errors import InvalidRequest

_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%{}]{1,2000}")


def own_url(text: str, origin: str) -> str:
    """The address in full, if it lies on the web app's origin; a path is taken to be one.

    Raises:
        InvalidRequest: it leads anywhere else, or is no plain address.
    """
    if not _PLAIN.fullmatch(text):
        raise InvalidRequest("An address has characters that no address has.")
    full = origin + text if text.startswith("/") and not text.startswith("//") else text
    try:
        parts = urlsplit(full)
    except ValueError:
        raise InvalidRequest("An address cannot be read.") from None
    if f"{parts.scheme}://{parts.netloc}" != origin or not full.startswith(f"{origin}/"):
        raise InvalidRequest("An address must lie on the site of this school.")
    return full
