"""The model of many buyers who use one coupon at the same moment."""

from __future__ import annotations

from collections import Counter
from random import Random

from adapters.dynamodb.table import ATTEMPTS
from scripts.bench.rush import arrivals, rush

SECONDS = 5.0


def test_everybody_gets_through_or_gives_up() -> None:
    """Nobody is tried more often than the product does."""
    result = rush(500, 1, 0.025, seconds=SECONDS)
    assert result.gave_up + len(result.waits) == result.buyers
    assert result.gave_up > result.buyers / 2
    assert result.retries <= result.buyers * (ATTEMPTS - 1)


def test_one_counter_takes_no_more_than_one_transaction_after_the_other() -> None:
    """In 5 seconds 200 of 25 ms, and those who try again after the end."""
    assert 0 < len(rush(500, 1, 0.025, seconds=SECONDS).waits) <= 300


def test_more_counters_let_more_buyers_through() -> None:
    """At every rate, and a lone buyer meets nobody."""
    for rate in (25, 167, 500):
        gave_up = [rush(rate, shards, 0.025, seconds=SECONDS).gave_up for shards in (1, 4, 16)]
        assert gave_up == sorted(gave_up, reverse=True)
    lone = rush(1, 16, 0.001, seconds=SECONDS)
    assert (lone.retries, lone.gave_up) == (0, 0)


def test_buyers_are_spread_over_the_counters() -> None:
    """No counter gets twice what is its share."""
    taken = Counter(request.shard for request in arrivals(Random(7), 500, 16, SECONDS))
    assert len(taken) == 16
    assert max(taken.values()) < 2 * taken.total() / 16
