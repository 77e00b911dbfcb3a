"""Dictionaries that remember what was written, so that the invariants look at that and not at everything again."""

from __future__ import annotations

from typing import Any, TypeVar

from adapters.memory.store import Store

K = TypeVar("K")
V = TypeVar("V")

WATCHED = (
    "sessions",
    "checkout_locks",
    "provider_references",
    "enrollments",
    "ended",
    "earlier_ended",
    "reversals",
    "ledger",
    "coupons",
    "coupon_uses",
    "claims",
    "shard_counters",
)
"""The dictionaries of the store that the invariants are about."""


class Watched(dict[K, V]):
    """A dictionary that remembers the keys written or deleted since they were last taken, in their order."""

    __slots__ = ("written",)

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written: dict[K, None] = dict.fromkeys(self)

    def __setitem__(self, key: K, value: V) -> None:
        """As a dictionary."""
        self.written[key] = None
        super().__setitem__(key, value)

    def __delitem__(self, key: K) -> None:
        """As a dictionary."""
        self.written[key] = None
        super().__delitem__(key)

    def pop(self, key: K, *default: Any) -> Any:
        """As a dictionary."""
        self.written[key] = None
        return super().pop(key, *default)

    def clear(self) -> None:
        """As a dictionary."""
        self.written.update(dict.fromkeys(self))
        super().clear()

    def _unwatched(self, *_given: Any, **_named: Any) -> Any:
        raise NotImplementedError("nobody would see what is written this way")

    def setdefault(self, key: K, default: Any = None) -> Any:
        """As a dictionary."""
        if key not in self:
            self[key] = default
        return self[key]

    update = popitem = __ior__ = _unwatched

    def __copy__(self) -> Watched[K, V]:
        """A copy of which everything counts as written."""
        return Watched(self)

    def take(self) -> dict[K, None]:
        """The keys written or deleted since this was last called."""
        taken, self.written = self.written, {}
        return taken

    def touch(self) -> None:
        """Let everything count as written."""
        self.written = dict.fromkeys(self)


def watched_store() -> Store:
    """An empty store of which those dictionaries are watched."""
    store = Store()
    for name in WATCHED:
        setattr(store, name, Watched())
    return store
