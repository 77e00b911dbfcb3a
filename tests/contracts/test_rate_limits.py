"""Attempts counted by the minute, in memory and in DynamoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from domain.errors import RateLimited
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import AddEnrollment, IncrementRateLimit, Write
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, an_enrollment


def attempt(subject: str = "user-1", action: str = "coupon", limit: int = 1, seconds: int = 0) -> IncrementRateLimit:
    """Somebody tries something, so long after the minute began."""
    return IncrementRateLimit(subject, action, limit, NOW.replace(second=0, microsecond=0) + timedelta(seconds=seconds))


def refused(storage: Backend, *writes: Write) -> bool:
    """Whether there was no attempt left for these writes, which then leave nothing behind."""
    return [type(refusal) for refusal in storage.conflicts(*writes)] == [RateLimited]


@pytest.mark.parametrize("subject", ["user-1", "203.0.113.7", "2001:db8::1"])
def test_fault_61_attempts_are_counted_up_to_the_limit(storage: Backend, subject: str) -> None:
    """The limit is exact, and a refused attempt is not counted."""
    for _ in range(3):
        storage.commit(attempt(subject, limit=3))
    for _ in range(2):
        assert refused(storage, attempt(subject, limit=3))


def test_subjects_actions_and_minutes_are_counted_apart(storage: Backend) -> None:
    """One's attempts do not use up another's, nor those of the next minute."""
    for other in (attempt(), attempt("user-2"), attempt(action="checkout")):
        storage.commit(other)
    assert refused(storage, attempt(seconds=59))
    storage.commit(attempt(seconds=60))


def test_an_attempt_too_many_takes_its_whole_story_along(storage: Backend) -> None:
    """What is written together with an attempt is written only if there was an attempt left."""
    storage.commit(attempt())
    assert refused(storage, AddEnrollment(an_enrollment()), attempt())


def test_fault_61_attempts_at_once_are_all_counted(storage: Backend) -> None:
    """Of twelve at the same moment, no more than the limit get through."""

    def tried(_number: int) -> bool:
        try:
            storage.commit(attempt(limit=5))
        except TransactionConflict:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(tried, range(12))) == 5


def test_a_limit_below_one_is_a_mistake() -> None:
    """Nothing can be tried less than once: such a limit is refused where it is made."""
    with pytest.raises(ValueError, match="limit"):
        attempt(limit=0)
