"""Time and waiting."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class Backoff(Protocol):
    """Waits between attempts."""

    def pause(self, attempt: int) -> None:
        """Wait a random time that grows with the attempt (1, 2, ...) and is bounded.

        Whoever calls bounds the attempts.
        """
        ...
