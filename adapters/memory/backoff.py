"""Waiting that takes no time and is recorded."""

from __future__ import annotations

from attrs import define, field

from domain.ports.backoff import Backoff


@define(eq=False)
class MemoryBackoff(Backoff):
    """Does not wait, and remembers each time it should have."""

    pauses: list[int] = field(factory=list, init=False)

    def pause(self, attempt: int) -> None:
        """Remember the attempt."""
        self.pauses.append(attempt)
