"""Pages of a list in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from domain.errors import InvalidValue
from domain.paging import Page

_AFTER = "after-"

T = TypeVar("T")


def page_of(ordered: Sequence[T], id_of: Callable[[T], str], limit: int, cursor: str | None) -> Page[T]:
    """Up to ``limit`` entries of the list, from where the cursor leads on; ``id_of`` is what names an entry.

    Raises:
        InvalidValue: no page of this list gave the cursor.
    """
    start = 0
    if cursor is not None:
        given = [number for number, one in enumerate(ordered, 1) if _AFTER + id_of(one) == cursor]
        if not given:
            raise InvalidValue("The cursor is not valid.")
        start = given[0]
    entries = tuple(ordered[start : start + limit])
    return Page(entries, _AFTER + id_of(entries[-1]) if len(ordered) > start + limit else None)
