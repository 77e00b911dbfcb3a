"""Exponential backoff with full jitter, so that attempts that collided do not collide again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from attrs import frozen

from domain.ports.backoff import Backoff


@frozen(kw_only=True)
class FullJitterBackoff(Backoff):
    """Sleeps between zero and a bound that doubles with each attempt. ``base`` and ``cap`` are in seconds."""

    base: float = 0.05
    cap: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.SystemRandom().uniform

    def pause(self, attempt: int) -> None:
        """Sleep up to ``base * 2 ** (attempt - 1)`` seconds, and never longer than ``cap``."""
        # The exponent is bounded too, so that a large attempt number cannot overflow.
        self.sleep(self.uniform(0.0, min(self.cap, self.base * 2.0 ** min(max(attempt, 1) - 1, 32))))
