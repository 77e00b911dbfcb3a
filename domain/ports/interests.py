"""Who wants to be told when a course opens."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from domain.courses import Interest


@frozen
class InterestPage:
    """Some of those who are interested in a course; ``cursor`` is where the next page starts, None on the last."""

    interests: tuple[Interest, ...]
    cursor: str | None


class InterestRepo(Protocol):
    """Reads and keeps who is interested in which course. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def find(self, user_id: str, course_id: str) -> Interest | None:
        """The student's interest in the course, if any, seeing every write that came before."""
        ...

    def add(self, interest: Interest) -> Interest:
        """Keep an interest. One that is there already stays as it is, and is returned."""
        ...

    def remove(self, user_id: str, course_id: str) -> None:
        """Forget an interest, if there is one."""
        ...

    def of_course(self, course_id: str, *, limit: int, cursor: str | None = None) -> InterestPage:
        """Up to ``limit`` of those interested in the course, the latest first. May lag behind the last write.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...
