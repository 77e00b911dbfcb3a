"""Where news wait, in a list."""

from __future__ import annotations

from attrs import define, field

from domain.payments.events import ProviderEvent
from domain.ports.event_queue import EventQueue


@define(eq=False)
class MemoryEventQueue(EventQueue):
    """Keeps news in the order they came; ``waiting`` is what nobody has taken yet."""

    waiting: list[ProviderEvent] = field(factory=list, init=False)

    def send(self, event: ProviderEvent) -> None:
        """Keep the news."""
        self.waiting.append(event)

    def take(self) -> tuple[ProviderEvent, ...]:
        """Everything that waits, which from then on waits no more."""
        taken, self.waiting = tuple(self.waiting), []
        return taken
