"""The school's students."""

from __future__ import annotations

from typing import Protocol

from domain.students import Student


class StudentRepo(Protocol):
    """Reads and keeps students. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def find(self, user_id: str) -> Student | None:
        """The student, None when never seen."""
        ...

    def add(self, student: Student) -> Student:
        """Keep a student seen for the first time. Whoever is there already stays as they are, and is returned."""
        ...

    def rename(self, student: Student) -> None:
        """Keep the student's name.

        Raises:
            StudentNotFound: there is no such student; none is made.
        """
        ...
