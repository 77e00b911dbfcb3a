"""Cursors: where a page ended, as text that only a page can have given."""

from __future__ import annotations

import base64
import binascii
import re

from domain.errors import InvalidValue
from domain.identifiers import is_id

_DATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[A-Za-z0-9_-]{1,64}")
_CLAIM = re.compile(r"(held|waiting)#" + _DATED.pattern)
AFTER_ALL = "~"
"""Sorts after every character of a date or an id."""


def cursor_after(last_id: str) -> str:
    """The cursor that leads on after the object of this id, or after this sort key of a date and an id."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def id_in(cursor: str) -> str:
    """The id after which the cursor leads on.

    Raises:
        InvalidValue: no page gave this cursor.
    """
    last_id = _text_in(cursor)
    if not is_id(last_id) or cursor_after(last_id) != cursor:
        raise InvalidValue("The cursor is not valid.")
    return last_id


def dated_key_in(cursor: str) -> str:
    """The sort key, a date and an id, after which the cursor leads on. It names no partition: the request does.

    Raises:
        InvalidValue: no page gave this cursor.
    """
    key = _text_in(cursor)
    if _DATED.fullmatch(key) is None or cursor_after(key) != cursor:
        raise InvalidValue("The cursor is not valid.")
    return key


def claim_in(cursor: str) -> tuple[bool, str, str]:
    """Whether the claim of a seat after which the cursor leads on is held, its date, and whose it is.

    Raises:
        InvalidValue: no page gave this cursor.
    """
    key = _text_in(cursor)
    if _CLAIM.fullmatch(key) is None or cursor_after(key) != cursor:
        raise InvalidValue("The cursor is not valid.")
    state, date, user_id = key.split("#")
    return state == "held", date, user_id


def last_before(cursor: str | None) -> str:
    """The last sort key there can be before that of the cursor; without a cursor the last of all.

    Raises:
        InvalidValue: no page gave this cursor.
    """
    if cursor is None:
        return AFTER_ALL
    return key_before(dated_key_in(cursor))


def key_before(key: str) -> str:
    """The last sort key there can be before this one."""
    return f"{key[:-1]}{chr(ord(key[-1]) - 1)}{AFTER_ALL}"


def _text_in(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
