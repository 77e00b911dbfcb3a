"""Where news wait, in a list."""

from __future__ import annotations

from attrs import define, field

from domain.events import News
from domain.ports.event_queue import EventQueue


@define(eq=False)
class MemoryEventQueue(EventQueue):
    """Keeps news in the order they came; ``waiting`` is what nobody has taken yet."""

    waiting: list[News] = field(factory=list, init=False)

    def send(self, news: News) -> None:
        """Keep the news."""
        self.waiting.append(news)

    def take(self) -> tuple[News, ...]:
        """Everything that waits, which from then on waits no more."""
        taken, self.waiting = tuple(self.waiting), []
        return taken
