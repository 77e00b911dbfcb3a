"""Who asked to be notified when a course opens."""

from __future__ import annotations

from typing import Protocol

from domain.interest import Interest


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

    def of_course(self, course_id: str) -> tuple[Interest, ...]:
        """Everybody who asked for the course, the earliest first."""
        ...
