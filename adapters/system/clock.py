"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.ports.clock import Clock


class SystemClock(Clock):
    """Tells the machine's time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)
