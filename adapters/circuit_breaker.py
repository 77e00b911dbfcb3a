"""A circuit breaker: while a payment provider does not answer, no new checkout is started there."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from attrs import define, field

from domain.ports.clock import Clock

FAILURES = 5
"""Consecutive requests without an answer that open the circuit."""

REST = timedelta(seconds=10)
"""How long the circuit then stays open; the next request after that is let through."""


@define(eq=False)
class CircuitBreaker:
    """Counts consecutive unanswered requests of this process. Thread-safe."""

    clock: Clock
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _failures: int = field(default=0, init=False)
    _open_until: datetime | None = field(default=None, init=False)

    @property
    def is_open(self) -> bool:
        """Whether new checkouts are to be refused now."""
        until = self._open_until
        return until is not None and self.clock.now() < until

    def answered(self) -> None:
        """Record an answer, of success or refusal: the circuit closes."""
        with self._lock:
            self._failures, self._open_until = 0, None

    def failed(self) -> None:
        """Record a request without an answer, or one that the provider was too busy to serve."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._open_until = self.clock.now() + REST
