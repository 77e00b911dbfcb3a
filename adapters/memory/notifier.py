"""A channel that keeps what it was told."""

from __future__ import annotations

from attrs import define, field

from domain.messages import Message, Recipient
from domain.ports.notifier import Notifier


@define(eq=False)
class MemoryNotifier(Notifier):
    """Keeps each delivery in order. ``knows_ids``: a message is told once, however often it is delivered."""

    knows_ids: bool = False
    told: list[tuple[Message, Recipient]] = field(factory=list)

    def wants(self, message: Message) -> bool:
        """Everything is told."""
        return bool(message.kind)

    def deliver(self, message: Message, recipient: Recipient) -> None:
        """Tell it."""
        if self.knows_ids and message.message_id in [told.message_id for told, _ in self.told]:
            return
        self.told.append((message, recipient))
