"""Kept answers, in a dictionary."""

from __future__ import annotations

import threading
from datetime import datetime

from attrs import define, evolve, field, frozen

from adapters.idempotency import (
    KEPT_FOR,
    LEASE,
    Claim,
    Different,
    IdempotencyStore,
    KeptAnswer,
    Mine,
    Repeatable,
    Running,
)


@frozen(kw_only=True)
class Entry:
    """A claimed request, and its answer once there is one."""

    request: Repeatable
    at: datetime
    answer: KeptAnswer | None = None


@define(eq=False)
class MemoryIdempotencyStore(IdempotencyStore):
    """Keeps answers by the request's name; what is too old is replaced when it is asked for."""

    entries: dict[str, Entry] = field(factory=dict)
    lock: threading.Lock = field(factory=threading.Lock, init=False)

    def claim(self, request: Repeatable, at: datetime) -> Claim:
        """Have the request alone for a while."""
        with self.lock:
            found = self.entries.get(request.name)
            if found is not None and at < found.at + KEPT_FOR:
                if found.request.fingerprint != request.fingerprint:
                    return Different()
                if found.answer is not None:
                    return found.answer
                if at < found.at + LEASE and found.request.owner != request.owner:
                    return Running()
            self.entries[request.name] = Entry(request=request, at=at)
            return Mine()

    def keep(self, request: Repeatable, answer: KeptAnswer) -> None:
        """Store the answer, if this attempt still has the request."""
        with self.lock:
            found = self.entries.get(request.name)
            if found is not None and found.request.owner == request.owner and found.answer is None:
                self.entries[request.name] = evolve(found, answer=answer)

    def release(self, request: Repeatable) -> None:
        """Give the request back, if this attempt still has it."""
        with self.lock:
            found = self.entries.get(request.name)
            if found is not None and found.request.owner == request.owner and found.answer is None:
                del self.entries[request.name]
