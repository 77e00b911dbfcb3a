"""Waiting between attempts."""

from __future__ import annotations

from typing import Protocol


class Backoff(Protocol):
    """Waits between attempts."""

    def pause(self, attempt: int) -> None:
        """Wait a random time that grows with the attempt (1, 2, ...) and is bounded.

        Whoever calls bounds the attempts.
        """
        ...
