"""Lists that are read page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from attrs import frozen

Entry = TypeVar("Entry")


@frozen
class Page(Generic[Entry]):
    """Some entries of a list; ``cursor`` is where the next page starts, None on the last.

    A page may have fewer entries than asked for and still have a next one.
    """

    entries: tuple[Entry, ...]
    cursor: str | None


def every_page(fetch: Callable[[str | None], Page[Entry]], *, at_most: int | None = None) -> Iterator[Page[Entry]]:
    """The pages of a list in their order, each fetched when it is needed; no more than ``at_most`` of them.

    ``fetch`` is given where a page starts, None for the first.

    Raises:
        RuntimeError: a cursor came a second time, so that the list would never end.
    """
    cursor: str | None = None
    known: set[str] = set()
    while at_most is None or len(known) < at_most:
        page = fetch(cursor)
        yield page
        cursor = page.cursor
        if cursor is None:
            return
        if cursor in known:
            raise RuntimeError("A list of pages does not end: a cursor came a second time.")
        known.add(cursor)


def every_entry(fetch: Callable[[str | None], Page[Entry]], *, at_most: int | None = None) -> Iterator[Entry]:
    """The entries of a list in their order, over no more than ``at_most`` pages.

    Raises:
        RuntimeError: a cursor came a second time, so that the list would never end.
    """
    for page in every_page(fetch, at_most=at_most):
        yield from page.entries
