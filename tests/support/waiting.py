"""Waiting for a live process or thread, with a deadline instead of a guess: far off, for only a failure meets it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_TICK = threading.Event()


def until(condition: Callable[[], object], deadline: float = 30.0, every: float = 0.02) -> None:
    """Return as soon as `condition()` is true. Raises AssertionError after `deadline` seconds."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{condition} did not come true within {deadline} seconds")
        _TICK.wait(every)
