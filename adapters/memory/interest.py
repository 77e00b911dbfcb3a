"""Interest in courses, in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.interest import Interest
from domain.ports.interest import InterestRepo


@frozen
class MemoryInterestRepo(InterestRepo):
    """Keeps interest in the store."""

    store: Store

    def add(self, interest: Interest) -> None:
        """Keep it, unless the address asked for the course before."""
        with self.store.lock:
            self.store.interest.setdefault((interest.course_id, interest.email), interest)

    def remove(self, course_id: str, email: str) -> None:
        """Forget that this address asked."""
        with self.store.lock:
            self.store.interest.pop((course_id, email), None)

    def has(self, course_id: str, email: str) -> bool:
        """Whether this address asked."""
        return (course_id, email) in self.store.interest

    def of_course(self, course_id: str) -> tuple[Interest, ...]:
        """Everybody who asked for the course, the earliest first."""
        with self.store.lock:
            found = [interest for interest in self.store.interest.values() if interest.course_id == course_id]
        return tuple(sorted(found, key=lambda interest: (interest.at, interest.email)))
