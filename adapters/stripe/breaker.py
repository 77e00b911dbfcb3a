"""A circuit breaker: while Stripe does not answer, nothing new is begun."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from attrs import define, field

from domain.ports.clock import Clock

FAILURES = 5
"""Questions in a row without an answer that open the circuit."""

REST = timedelta(seconds=10)
"""How long it then stays open; after that, the next question tries again."""


@define(eq=False)
class CircuitBreaker:
    """Counts what Stripe left unanswered, in this process. For any thread."""

    clock: Clock
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _failures: int = field(default=0, init=False)
    _open_until: datetime | None = field(default=None, init=False)

    @property
    def is_open(self) -> bool:
        """Whether nothing should be begun now."""
        until = self._open_until
        return until is not None and self.clock.now() < until

    def answered(self) -> None:
        """Stripe answered, whatever it said."""
        with self._lock:
            self._failures, self._open_until = 0, None

    def failed(self) -> None:
        """Stripe did not answer, or was too busy to."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._open_until = self.clock.now() + REST
