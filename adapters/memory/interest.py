"""Interest in courses, in a dictionary."""

from __future__ import annotations

import hashlib
import re
from operator import itemgetter

from attrs import frozen

from adapters.memory.store import Store
from domain.errors import InvalidValue
from domain.interest import Interest
from domain.paging import Page
from domain.ports.interest import InterestRepo

_CURSOR = re.compile("[0-9a-f]{40}")


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

    def page(self, course_id: str, *, limit: int, cursor: str | None = None) -> Page[Interest]:
        """Up to ``limit`` of those who asked for the course, in the order of numbers made of their addresses."""
        if cursor is not None and not _CURSOR.fullmatch(cursor):
            raise InvalidValue("The cursor is not valid.")
        with self.store.lock:
            own = [interest for interest in self.store.interest.values() if interest.course_id == course_id]
        left = sorted(
            ((_number(one.email), one) for one in own if _number(one.email) > (cursor or "")), key=itemgetter(0)
        )
        page = left[:limit]
        return Page(tuple(one for _, one in page), page[-1][0] if len(left) > limit else None)


def _number(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:40]
