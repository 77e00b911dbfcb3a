"""Cursors: where a page ended, as text that only a page can have given."""

from __future__ import annotations

import base64
import binascii

from domain.errors import InvalidValue
from domain.identifiers import is_id


def cursor_after(last_id: str) -> str:
    """The cursor that leads on after the thing of this id."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def id_in(cursor: str) -> str:
    """The id after which the cursor leads on.

    Raises:
        InvalidValue: no page gave this cursor.
    """
    try:
        last_id = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        last_id = ""
    if not is_id(last_id) or cursor_after(last_id) != cursor:
        raise InvalidValue("The cursor is not valid.")
    return last_id
