"""A channel that keeps what it delivered."""

from __future__ import annotations

from attrs import define, field

from domain.messages import Message, Recipient
from domain.ports.notifier import Notifier


@define(eq=False)
class MemoryNotifier(Notifier):
    """Keeps each delivery in order. ``knows_ids``: a message is kept once, however often it is repeated."""

    knows_ids: bool = False
    deliveries: list[tuple[Message, Recipient]] = field(factory=list)

    def wants(self, message: Message) -> bool:
        """Every kind of message."""
        return bool(message.kind)

    def deliver(self, message: Message, recipient: Recipient) -> None:
        """Keep the delivery."""
        if self.knows_ids and message.message_id in [kept.message_id for kept, _ in self.deliveries]:
            return
        self.deliveries.append((message, recipient))
