"""The school as a whole."""

from __future__ import annotations

from typing import Protocol

from domain.school import School


class SchoolRepo(Protocol):
    """Reads what holds for the whole school."""

    def get(self) -> School:
        """The school, seeing every write that came before; open where nothing was ever decided. Safe to repeat.

        Raises:
            StorageUnavailable: the database does not answer.
        """
        ...
