"""The outbox: messages that are stored and not delivered yet."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.messages import Message


class Outbox(Protocol):
    """Keeps messages until they are delivered. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def due(self, *, before: datetime, at_most: int) -> tuple[Message, ...]:
        """Messages that were due before this moment, the earliest first, whoever may be delivering them."""
        ...

    def claim(self, message: Message, *, now: datetime, until: datetime) -> Message | None:
        """Have a message alone until then, and count the attempt. None if somebody else has it, or it is gone."""
        ...

    def keep_progress(self, message: Message) -> None:
        """Keep which channels have delivered it, if it is still there."""
        ...

    def postpone(self, message: Message, postponed: Message) -> None:
        """Let it be due later, with what was delivered so far; nobody has it alone any more."""
        ...

    def delete(self, message: Message) -> None:
        """Forget a message that was delivered, or laid aside."""
        ...

    def lay_aside(self, message: Message) -> None:
        """Keep a message for a person to look at, instead of trying again."""
        ...

    def laid_aside(self, *, at_most: int) -> tuple[Message, ...]:
        """The messages that were laid aside, in the order of their ids."""
        ...

    def drop(self, message: Message) -> None:
        """Forget a message that was laid aside."""
        ...

    def retry(self, message: Message, at: datetime) -> None:
        """Let a message that was laid aside be due at this moment, as if it were new."""
        ...
