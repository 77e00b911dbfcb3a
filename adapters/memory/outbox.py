"""The outbox, in dictionaries."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from attrs import evolve, frozen

from adapters.memory.plan import Plan, plan
from adapters.memory.store import Store
from domain.messages import Message
from domain.ports.outbox import Outbox
from domain.transactions.writes import AddMessage


@plan.register
def _add(write: AddMessage, store: Store) -> Plan:
    return partial(store.outbox.__setitem__, write.message.message_id, write.message)


@frozen
class MemoryOutbox(Outbox):
    """Keeps messages in the store."""

    store: Store

    def due(self, *, before: datetime, at_most: int) -> tuple[Message, ...]:
        """Messages that were due before this moment."""
        with self.store.lock:
            found = [message for message in self.store.outbox.values() if message.due_at < before]
        return tuple(sorted(found, key=lambda one: (one.due_at, one.message_id))[:at_most])

    def claim(self, message: Message, *, now: datetime, until: datetime) -> Message | None:
        """Have a message alone until then."""
        with self.store.lock:
            lease = self.store.leases.get(message.message_id)
            if not self._is_there(message) or (lease is not None and lease > now):
                return None
            claimed = evolve(message, attempts=message.attempts + 1)
            self.store.outbox[message.message_id] = claimed
            self.store.leases[message.message_id] = until
        return claimed

    def keep_progress(self, message: Message) -> None:
        """Keep which channels have delivered it."""
        with self.store.lock:
            if self._is_there(message):
                self.store.outbox[message.message_id] = message

    def postpone(self, message: Message, postponed: Message) -> None:
        """Let it be due later."""
        with self.store.lock:
            if self._is_there(message):
                self.store.outbox[message.message_id] = postponed
                self.store.leases.pop(message.message_id, None)

    def delete(self, message: Message) -> None:
        """Forget a message."""
        with self.store.lock:
            if self._is_there(message):
                del self.store.outbox[message.message_id]
                self.store.leases.pop(message.message_id, None)

    def lay_aside(self, message: Message) -> None:
        """Keep a message for a person to look at."""
        with self.store.lock:
            if self._is_there(message):
                self.store.undelivered[message.message_id] = message
                self.delete(message)

    def laid_aside(self, *, at_most: int) -> tuple[Message, ...]:
        """The messages that were laid aside."""
        with self.store.lock:
            return tuple(message for _, message in sorted(self.store.undelivered.items()))[:at_most]

    def drop(self, message: Message) -> None:
        """Forget a message that was laid aside."""
        with self.store.lock:
            self.store.undelivered.pop(message.message_id, None)

    def retry(self, message: Message, at: datetime) -> None:
        """Let a message that was laid aside be due again."""
        with self.store.lock:
            if self.store.undelivered.pop(message.message_id, None) is not None:
                again = evolve(message, due_at=at, created_at=at, attempts=0)
                self.store.outbox[message.message_id] = again

    def _is_there(self, message: Message) -> bool:
        found = self.store.outbox.get(message.message_id)
        return found is not None and found.due_at == message.due_at
