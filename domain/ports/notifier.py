"""Notifiers: where messages go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from attrs import frozen

from domain.messages import Message, Recipient


class Notifier(Protocol):
    """One channel, such as mail."""

    def wants(self, message: Message) -> bool:
        """Whether this channel carries this kind of message at all."""
        ...

    def deliver(self, message: Message, recipient: Recipient) -> None:
        """Deliver it. Where the channel knows the message's id, repeating it delivers nothing twice.

        Raises:
            NotifierUnavailable: not now; try again later.
            RecipientRefused: this will never be delivered.
        """
        ...


@frozen
class Notifiers:
    """The channels in use, by name; each notifier is made when it is first asked for."""

    by_name: Mapping[str, Callable[[], Notifier]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the channels."""
        return tuple(self.by_name)

    def named(self, name: str) -> Notifier:
        """The notifier of this channel."""
        return self.by_name[name]()
