"""Who asked to be notified when a course opens."""

from __future__ import annotations

from typing import Protocol

from domain.interest import Interest
from domain.paging import Page


class InterestRepo(Protocol):
    """Keeps and reads interest in courses. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def add(self, interest: Interest) -> None:
        """Keep it. An address that asked for the course before stays as it is, with the time of the first."""
        ...

    def remove(self, course_id: str, email: str) -> None:
        """Forget that this address asked; nothing happens where it did not."""
        ...

    def has(self, course_id: str, email: str) -> bool:
        """Whether this address asked."""
        ...

    def page(self, course_id: str, *, limit: int, cursor: str | None = None) -> Page[Interest]:
        """Up to ``limit`` of those who asked for the course, in an order that stays, though not by time.

        One that cannot be read is left out and reported to operations.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...
