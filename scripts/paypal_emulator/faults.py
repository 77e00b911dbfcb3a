"""Faults on demand: `POST /emulator/faults {"on": "capture", "kind": "lost", "times": 2}`."""

from __future__ import annotations

import threading
from typing import Any

from attrs import define, field

KINDS = ("lost", "before", "unavailable", "slow_down")
"""``lost``: it is done, and the answer never arrives. ``before``: it never arrives. Or 503 and 429, nothing done."""

OPERATIONS = ("token", "create", "get", "capture", "refund", "verify", "transactions", "disputes", "webhooks", "other")


@define(eq=False)
class Faults:
    """What is to go wrong next, by operation."""

    _waiting: dict[str, list[str]] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def add(self, order: dict[str, Any]) -> None:
        """Let the next requests of this kind fail. Raises ValueError for an order that makes no sense."""
        on, kind, times = order.get("on"), order.get("kind"), order.get("times", 1)
        if on not in OPERATIONS or kind not in KINDS or type(times) is not int or times < 1:
            raise ValueError(f"on: one of {OPERATIONS}, kind: one of {KINDS}, times: at least 1.")
        with self._lock:
            self._waiting.setdefault(on, []).extend([kind] * times)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._waiting.clear()

    def take(self, operation: str) -> str | None:
        """The fault that this request meets."""
        with self._lock:
            waiting = self._waiting.get(operation)
            return waiting.pop(0) if waiting else None
