"""What is written to a watched dictionary is remembered, however it is written."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from operator import delitem, setitem

import pytest

from adapters.memory.store import Store
from tests.simulation.watched import WATCHED, Watched, watched_store

Numbers = Watched[str, int]


def numbers() -> Numbers:
    """Two entries that were looked at before."""
    watched: Numbers = Watched({"one": 1, "two": 2})
    watched.take()
    return watched


@pytest.mark.parametrize(
    ("write", "keys"),
    [
        (lambda of: setitem(of, "one", 3), ["one"]),
        (lambda of: setitem(of, "three", 3), ["three"]),
        (lambda of: delitem(of, "two"), ["two"]),
        (lambda of: of.pop("two"), ["two"]),
        (lambda of: of.setdefault("three", 3), ["three"]),
        (lambda of: of.setdefault("one", 3), []),
        (lambda of: of.clear(), ["one", "two"]),
        (lambda of: of.touch(), ["one", "two"]),
    ],
)
def test_what_was_written_is_taken_once(write: Callable[[Numbers], object], keys: list[str]) -> None:
    """In the order of the writes."""
    watched = numbers()
    write(watched)
    assert list(watched.take()) == keys
    assert list(watched.take()) == []


def test_nothing_is_written_unseen() -> None:
    """A way to write that is not watched is refused."""
    with pytest.raises(NotImplementedError):
        numbers().update(three=3)
    with pytest.raises(NotImplementedError):
        numbers().popitem()


def test_of_a_copy_everything_counts_as_written() -> None:
    """As after a restore."""
    copied = copy(numbers())
    assert isinstance(copied, Watched)
    assert list(copied.take()) == ["one", "two"]


def test_a_watched_store_is_a_store() -> None:
    """With the same names."""
    store, plain = watched_store(), Store()
    for name in WATCHED:
        assert getattr(store, name) == getattr(plain, name) == {}
        assert isinstance(getattr(store, name), Watched)
