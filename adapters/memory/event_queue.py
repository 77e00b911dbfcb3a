"""The event queue, in a list."""

from __future__ import annotations

from attrs import define, field

from domain.payments.events import ProviderEvent
from domain.ports.event_queue import EventQueue


@define(eq=False)
class MemoryEventQueue(EventQueue):
    """Keeps events in the order in which they came; ``waiting`` are those not taken yet."""

    waiting: list[ProviderEvent] = field(factory=list, init=False)

    def send(self, event: ProviderEvent) -> None:
        """Queue the event."""
        self.waiting.append(event)

    def take(self) -> tuple[ProviderEvent, ...]:
        """Everything that waits, which from then on waits no more."""
        taken, self.waiting = tuple(self.waiting), []
        return taken
