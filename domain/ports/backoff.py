"""Waiting between attempts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from attrs import frozen


class Backoff(Protocol):
    """Waits between attempts."""

    def pause(self, attempt: int) -> None:
        """Wait a random time that grows with the attempt (1, 2, ...) and is bounded.

        Whoever calls bounds the attempts.
        """
        ...


@frozen
class Attempt:
    """One attempt of several: ``number`` counts from 1, ``is_last`` says that no other follows."""

    number: int
    is_last: bool


def attempts(limit: int, backoff: Backoff | None = None) -> Iterator[Attempt]:
    """Up to ``limit`` attempts, with a pause before each but the first where ``backoff`` is given.

    The loop over them leaves by ``return`` or ``break`` when it succeeds, and raises when the last attempt failed.
    """
    for number in range(1, limit + 1):
        if number > 1 and backoff is not None:
            backoff.pause(number - 1)
        yield Attempt(number, number == limit)
