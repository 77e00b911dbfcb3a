"""Time, waiting and ids that a test decides."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from attrs import define, field

from domain.ports.clock import Backoff, Clock
from domain.ports.identifiers import IdGenerator


@define(eq=False)
class MemoryClock(Clock):
    """Stands still until it is moved."""

    at: datetime = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """The moment it was last set to."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self.at += by


@define(eq=False)
class MemoryBackoff(Backoff):
    """Does not wait, and remembers each time it should have."""

    pauses: list[int] = field(factory=list, init=False)

    def pause(self, attempt: int) -> None:
        """Remember the attempt."""
        self.pauses.append(attempt)


@define(eq=False)
class MemoryIdGenerator(IdGenerator):
    """Counts: the first session is ``ps_000001``."""

    _numbers: Iterator[int] = field(factory=lambda: itertools.count(1), init=False)

    def payment_session_id(self) -> str:
        """The next id."""
        return f"ps_{next(self._numbers):06d}"
