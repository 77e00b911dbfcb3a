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


def attempt(
    value: str = "SPRING", subject: str = "user-1", action: str = "coupon", limit: int = 1, seconds: int = 0
) -> IncrementRateLimit:
    """Somebody tries a value, so long after the minute began."""
    at = NOW.replace(second=0, microsecond=0) + timedelta(seconds=seconds)
    return IncrementRateLimit(subject, action, limit, at, value)


def refused(storage: Backend, *writes: Write) -> bool:
    """Whether there was no attempt left for these writes, which then leave nothing behind."""
    return [type(refusal) for refusal in storage.conflicts(*writes)] == [RateLimited]


@pytest.mark.parametrize("subject", ["user-1", "203.0.113.7", "2001:db8::1"])
def test_fault_61_attempts_are_counted_up_to_the_limit(storage: Backend, subject: str) -> None:
    """The limit is exact, and a refused attempt is not counted."""
    for number in range(3):
        storage.commit(attempt(f"CODE{number}", subject, limit=3))
    for number in range(3, 5):
        assert refused(storage, attempt(f"CODE{number}", subject, limit=3))


@pytest.mark.parametrize("limit", [1, 2])
def test_a_value_that_is_tried_again_counts_once(storage: Backend, limit: int) -> None:
    """Whoever repeats a request learns nothing new, and is let through even when nothing is left for other values."""
    for number in range(limit):
        storage.commit(attempt(f"CODE{number}", limit=limit))
    for number in range(limit):
        storage.commit(attempt(f"CODE{number}", limit=limit))
    assert refused(storage, attempt("CODE", limit=limit))


def test_subjects_actions_and_minutes_are_counted_apart(storage: Backend) -> None:
    """One's attempts do not use up another's, nor those of the next minute."""
    for other in (attempt(), attempt(subject="user-2"), attempt(action="checkout")):
        storage.commit(other)
    assert refused(storage, attempt("SUMMER", seconds=59))
    storage.commit(attempt("SUMMER", seconds=60))


def test_an_attempt_too_many_takes_its_whole_story_along(storage: Backend) -> None:
    """What is written together with an attempt is written only if there was an attempt left."""
    storage.commit(attempt())
    assert refused(storage, AddEnrollment(an_enrollment()), attempt("SUMMER"))


def test_fault_61_attempts_at_once_are_all_counted(storage: Backend) -> None:
    """Of twelve at the same moment, no more than the limit get through."""

    def tried(number: int) -> bool:
        try:
            storage.commit(attempt(f"CODE{number}", limit=5))
        except TransactionConflict:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(tried, range(12))) == 5


def test_a_limit_below_one_is_a_mistake() -> None:
    """Nothing can be tried less than once: such a limit is refused where it is made."""
    with pytest.raises(ValueError, match="limit"):
        attempt(limit=0)
