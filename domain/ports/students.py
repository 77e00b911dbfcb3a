"""The school's students."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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

    def find_many(self, user_ids: Collection[str]) -> Mapping[str, Student]:
        """Those of these students who are known, by id. One who cannot be read is left out and reported."""
        ...

    def by_email(self, email: str) -> tuple[Student, ...]:
        """Those who have this e-mail address, as it is given or in lower case, at most 25. May lag behind the last
        write.
        """
        ...

    def add(self, student: Student) -> Student:
        """Keep a student seen for the first time. Whoever is there already stays as they are, and is returned."""
        ...

    def complete(self, student: Student) -> Student:
        """Store what the sign-in knows better: the e-mail address, and whatever a partial record lacks.

        Names and customer ids that are stored stay as they are. Returns the student as stored afterwards.
        """
        ...

    def rename(self, student: Student) -> None:
        """Keep the student's name.

        Raises:
            StudentNotFound: there is no such student; none is made.
        """
        ...
