"""How often somebody may try something, counted in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.errors import RateLimited
from domain.ports.clock import Clock
from domain.ports.rate_limiter import RateLimiter


@frozen
class MemoryRateLimiter(RateLimiter):
    """Counts attempts in the store, by the minute of the clock."""

    store: Store
    clock: Clock

    def admit(self, subject: str, action: str, *, per_minute: int) -> None:
        """Count one attempt, or raise ``RateLimited`` and count nothing."""
        window = (subject, action, int(self.clock.now().timestamp()) // 60)
        with self.store.lock:
            count = self.store.attempts.get(window, 0)
            if count >= per_minute:
                raise RateLimited
            self.store.attempts[window] = count + 1
