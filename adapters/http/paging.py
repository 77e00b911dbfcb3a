"""Pages of a list: how many entries, from where on, and where the next page starts."""

from __future__ import annotations

from typing import TypeVar

from adapters.http.errors import InvalidRequest
from adapters.http.field_types import LARGEST_PAGE
from adapters.http.routing import Call, Reply

_DIGITS = 3

Entry = TypeVar("Entry")


def page_limit(text: str) -> int:
    """The number of entries that a page may have.

    Raises:
        InvalidRequest: it is not a number from 1 to ``LARGEST_PAGE``.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and 1 <= int(text) <= LARGEST_PAGE):
        raise InvalidRequest(f"limit must be a whole number from 1 to {LARGEST_PAGE}.")
    return int(text)


def limit_and_cursor(call: Call) -> tuple[int, str | None]:
    """How many entries the page may have, the most where the caller does not say, and where it starts.

    Raises:
        InvalidRequest: limit is not a number from 1 to ``LARGEST_PAGE``.
    """
    return page_limit(call.query.get("limit", str(LARGEST_PAGE))), call.query.get("cursor")


def page_of(entries: list[Entry], cursor: str | None) -> Reply[list[Entry]]:
    """The answer with these entries; the cursor of the next page goes into its header."""
    return Reply(body=entries, headers={"X-Next-Cursor": cursor} if cursor else {})
