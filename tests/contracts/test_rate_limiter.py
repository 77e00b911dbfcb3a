"""Rate limits, in memory and in DynamoDB."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import RateLimited
from tests.support.backends import Backend


@pytest.mark.parametrize("subject", ["user-1", "203.0.113.7", "2001:db8::1"])
def test_fault_61_attempts_are_admitted_up_to_the_limit(books: Backend, subject: str) -> None:
    """The limit is exact, and a refused attempt is not counted."""
    for _ in range(3):
        books.limiter.admit(subject, "coupon", per_minute=3)
    for _ in range(2):
        before = books.everything()
        with pytest.raises(RateLimited):
            books.limiter.admit(subject, "coupon", per_minute=3)
        assert books.everything() == before


def test_subjects_actions_and_minutes_are_counted_apart(books: Backend) -> None:
    """One's attempts do not use up another's, nor those of the next minute."""
    books.limiter.admit("user-1", "coupon", per_minute=1)
    books.limiter.admit("user-2", "coupon", per_minute=1)
    books.limiter.admit("user-1", "checkout", per_minute=1)
    books.clock.advance(timedelta(seconds=59))
    with pytest.raises(RateLimited):
        books.limiter.admit("user-1", "coupon", per_minute=1)
    books.clock.advance(timedelta(seconds=1))
    books.limiter.admit("user-1", "coupon", per_minute=1)


def test_a_limit_of_none_admits_nobody(books: Backend) -> None:
    """With a limit of zero the first attempt is one too many."""
    with pytest.raises(RateLimited):
        books.limiter.admit("user-1", "coupon", per_minute=0)
