"""The queue of provider events that could not be processed at once."""

from __future__ import annotations

from typing import Protocol

from domain.payments.events import ProviderEvent


class EventQueue(Protocol):
    """Keeps events until they are processed; delivers each at least once, in any order."""

    def send(self, event: ProviderEvent) -> None:
        """Queue the event. Safe to repeat: processing an event twice has the effect of processing it once.

        Raises:
            QueueUnavailable: the event may not have been queued.
        """
        ...
