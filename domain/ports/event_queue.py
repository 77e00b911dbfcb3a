"""Where a provider's news wait when they cannot be settled at once."""

from __future__ import annotations

from typing import Protocol

from domain.payments.events import ProviderEvent


class EventQueue(Protocol):
    """Keeps news until somebody settles them; delivers each at least once, in any order."""

    def send(self, event: ProviderEvent) -> None:
        """Keep the news. Repeating is safe: settling twice is settling once.

        Raises:
            QueueUnavailable: the news may not have been kept.
        """
        ...
