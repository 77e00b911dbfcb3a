"""The school as a whole, in memory."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.ports.school import SchoolRepo
from domain.school import School


@frozen
class MemorySchoolRepo(SchoolRepo):
    """Reads the school from the store."""

    store: Store

    def get(self) -> School:
        """The school."""
        return self.store.school
