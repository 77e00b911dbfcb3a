"""How often somebody may try something."""

from __future__ import annotations

from typing import Protocol


class RateLimiter(Protocol):
    """Counts attempts by the minute."""

    def admit(self, subject: str, action: str, *, per_minute: int) -> None:
        """Count one attempt of the subject.

        Raises:
            RateLimited: the subject has used up its attempts of this minute; nothing is counted.
            StorageUnavailable: the database does not answer.
        """
        ...
