"""Who wants to be told when a course opens, in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.courses import Interest
from domain.errors import InvalidValue
from domain.ports.interests import InterestPage, InterestRepo


@frozen
class MemoryInterestRepo(InterestRepo):
    """Reads and keeps interests in the store."""

    store: Store

    def find(self, user_id: str, course_id: str) -> Interest | None:
        """The student's interest in the course, if any."""
        return self.store.interests.get((user_id, course_id))

    def add(self, interest: Interest) -> Interest:
        """Keep an interest; else the one that is there."""
        with self.store.lock:
            return self.store.interests.setdefault((interest.user_id, interest.course_id), interest)

    def remove(self, user_id: str, course_id: str) -> None:
        """Forget an interest, if there is one."""
        with self.store.lock:
            self.store.interests.pop((user_id, course_id), None)

    def of_course(self, course_id: str, *, limit: int, cursor: str | None = None) -> InterestPage:
        """Up to ``limit`` of those interested in the course, the latest first."""
        with self.store.lock:
            found = [one for one in self.store.interests.values() if one.course_id == course_id]
        found.sort(key=lambda one: (one.since, one.user_id), reverse=True)
        given = [number for number, one in enumerate(found, 1) if f"after-{one.user_id}" == cursor]
        if cursor is not None and not given:
            raise InvalidValue("The cursor is not valid.")
        start = given[0] if given else 0
        page = tuple(found[start : start + limit])
        return InterestPage(page, f"after-{page[-1].user_id}" if len(found) > start + limit else None)
