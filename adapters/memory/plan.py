"""What a write would do to the store: a conflict, or a change that has not happened yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch

from adapters.memory.store import Store
from domain.errors import DomainError

Plan = DomainError | Callable[[], None]
"""The conflict of a write whose condition does not hold, or the change to make."""


@singledispatch
def plan(write: object, _store: Store) -> Plan:
    """What this write would do. Each kind of write registers its own answer; called under the store's lock."""
    raise TypeError(f"{type(write).__name__} is no write that has a plan.")


def nothing() -> None:
    """The change of a write that only asks."""
