"""Many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from domain.errors import DomainError

Result = TypeVar("Result")


def at_once(actions: Sequence[Callable[[], Result]]) -> list[Result | DomainError]:
    """What each action returned, or the refusal it met, each in a thread of its own."""

    def outcome(action: Callable[[], Result]) -> Result | DomainError:
        try:
            return action()
        except DomainError as refused:
            return refused

    with ThreadPoolExecutor(max_workers=len(actions)) as pool:
        return list(pool.map(outcome, actions))
