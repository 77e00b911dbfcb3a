"""Idempotency keys: the first answer to a key is the only one, for 24 hours of the emulator's clock."""

import threading

from attrs import define, field

from scripts.stripe_emulator.clock import EmulatorClock
from scripts.stripe_emulator.errors import key_in_use, key_reused, unparsable

_KEPT = 24 * 3600
_LONGEST = 255


@define
class Answer:
    """A status and the very bytes of a body, as first sent, and the request they answered."""

    status: int
    body: bytes
    request_id: str


@define
class _Entry:
    fingerprint: str
    since: int
    answer: Answer | None = None


@define
class IdempotencyKeys:
    """Remembers answers by key. Safe to use from many threads."""

    clock: EmulatorClock
    _entries: dict[str, _Entry] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def claim(self, key: str, fingerprint: str) -> Answer | None:
        """The saved answer to repeat. None: run the request, then store its answer or release the key.

        Raises StripeError when the key was used with other parameters (400) or its first request still runs (409).
        """
        if len(key) > _LONGEST:
            raise unparsable(f"Idempotency keys can be at most {_LONGEST} characters long.")
        with self._lock:
            entry = self._current(key)
            if entry is None:
                self._entries[key] = _Entry(fingerprint, self.clock.now())
                return None
            if entry.fingerprint != fingerprint:
                raise key_reused(key)
            if entry.answer is None:
                raise key_in_use(key)
            return entry.answer

    def store(self, key: str, answer: Answer) -> None:
        """Keep this answer for every later request with the key."""
        with self._lock:
            if key in self._entries:
                self._entries[key].answer = answer

    def release(self, key: str) -> None:
        """Forget the key: its request failed before anything ran."""
        with self._lock:
            self._entries.pop(key, None)

    def forget(self, older_than: float) -> int:
        """Forget the keys of finished requests that are at least that many seconds old; how many they were."""
        with self._lock:
            now = self.clock.now()
            old = [key for key, entry in self._entries.items() if entry.answer and now - entry.since >= older_than]
            for key in old:
                del self._entries[key]
            return len(old)

    def _current(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry and entry.answer and self.clock.now() - entry.since >= _KEPT:
            del self._entries[key]
            return None
        return entry
