"""A clock that a test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import define

from domain.ports.clock import Clock


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
