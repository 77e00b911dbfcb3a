"""The emulator's clock: a given clock plus what it was moved ahead by."""

import threading
from collections.abc import Callable

from attrs import define, field


@define
class EmulatorClock:
    """Unix seconds. Moving it ahead expires sessions and idempotency keys without waiting."""

    base: Callable[[], float]
    _ahead: float = 0.0
    _lock: threading.Lock = field(factory=threading.Lock)

    def now(self) -> int:
        """Whole seconds, as in every timestamp Stripe shows."""
        with self._lock:
            return int(self.base() + self._ahead)

    def advance(self, seconds: float) -> None:
        """Move ahead. Negative seconds are refused with ValueError; use reset to come back."""
        if seconds < 0:
            raise ValueError("the clock only moves ahead")
        with self._lock:
            self._ahead += seconds

    def reset(self) -> None:
        """Back to the given clock's time."""
        with self._lock:
            self._ahead = 0.0
