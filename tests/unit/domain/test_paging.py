"""Lists that are read page by page."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import pytest

from domain.paging import Page, every_entry, every_page


def _pages_of(entries: int, size: int, asked: list[str | None]) -> Callable[[str | None], Page[int]]:
    """A list of numbers; ``asked`` gets the cursor of each page that is fetched."""

    def fetch(cursor: str | None) -> Page[int]:
        asked.append(cursor)
        start = int(cursor or 0)
        end = min(start + size, entries)
        return Page(tuple(range(start, end)), str(end) if end < entries else None)

    return fetch


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_every_entry_comes_once_and_in_order(size: int) -> None:
    """However long a page is."""
    assert list(every_entry(_pages_of(5, size, []))) == [0, 1, 2, 3, 4]


def test_a_page_without_entries_is_not_the_end() -> None:
    """Where all of it is left out, the next one is read; only a page without a cursor ends the list."""
    pages = {None: Page((1,), "b"), "b": Page((), "c"), "c": Page((2,), None)}
    assert list(every_entry(lambda cursor: pages[cursor])) == [1, 2]
    assert list(every_entry(lambda _: Page[int]((), None))) == []


def test_pages_are_fetched_when_they_are_needed() -> None:
    """Who takes three entries of pages of two reads two pages of a thousand."""
    asked: list[str | None] = []
    assert list(islice(every_entry(_pages_of(2_000, 2, asked)), 3)) == [0, 1, 2]
    assert asked == [None, "2"]


@pytest.mark.parametrize("at_most", [1, 2, 3])
def test_no_more_pages_are_read_than_allowed(at_most: int) -> None:
    """The rest of a longer list is left out, and the page after the last is not asked for."""
    asked: list[str | None] = []
    fetch = _pages_of(100, 10, asked)
    assert len(list(every_page(fetch, at_most=at_most))) == at_most
    assert len(asked) == at_most
    assert list(every_entry(fetch, at_most=at_most)) == list(range(10 * at_most))


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
def test_a_list_that_comes_back_to_a_cursor_is_refused(cursors: list[str]) -> None:
    """It would never end; the pages up to there are given."""
    left = iter(cursors)
    entries = every_entry(lambda _: Page((1,), next(left)))
    assert list(islice(entries, len(cursors))) == [1] * len(cursors)
    with pytest.raises(RuntimeError, match="does not end"):
        next(entries)
