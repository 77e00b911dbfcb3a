"""The system's clock, ids and waiting."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.clock import MemoryClock
from adapters.system.backoff import FullJitterBackoff
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdGenerator
from domain.identifiers import is_id


def test_the_clock_tells_the_time_in_utc() -> None:
    """Moments are aware, in UTC, and pass."""
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert first <= second
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=1)


def test_later_ids_sort_after_earlier_ones_to_the_millisecond() -> None:
    """Sorting ids sorts sessions by time, whatever chance adds."""
    clock = MemoryClock()
    ids = SystemIdGenerator(clock)
    made = []
    for _ in range(200):
        made.append(ids.payment_session_id())
        clock.advance(timedelta(milliseconds=1))
    assert made == sorted(made)


def test_ids_of_one_millisecond_differ() -> None:
    """Chance keeps them apart."""
    ids = SystemIdGenerator(MemoryClock())
    assert len({ids.payment_session_id() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("bits", [0, 2**74 - 1])
def test_an_id_can_enter_a_key_and_is_a_uuid_of_version_7(bits: int) -> None:
    """It is one of the ids that the rules allow, and other tools can read the time from it."""
    clock = MemoryClock()
    made = SystemIdGenerator(clock, lambda _: bits).payment_session_id()
    assert is_id(made)
    uuid = UUID(made.removeprefix("ps_"))
    assert (uuid.version, uuid.variant) == (7, "specified in RFC 4122")
    assert uuid.int >> 80 == int(clock.now().timestamp() * 1000)


def test_pauses_double_up_to_the_cap_and_start_at_nothing() -> None:
    """Full jitter: the bound grows, and anything below it may be waited."""
    slept: list[float] = []
    bounds: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        bounds.append((low, high))
        return high

    backoff = FullJitterBackoff(sleep=slept.append, uniform=uniform)
    for attempt in (1, 2, 3, 5, 6, 10, 10_000):
        backoff.pause(attempt)
    assert slept == [0.05, 0.1, 0.2, 0.8, 1.0, 1.0, 1.0]
    assert {low for low, _ in bounds} == {0.0}


def test_pauses_differ() -> None:
    """Those who collided do not wait for the same time."""
    slept: list[float] = []
    backoff = FullJitterBackoff(sleep=slept.append, uniform=random.Random(7).uniform)
    for _ in range(20):
        backoff.pause(3)
    assert len(set(slept)) == 20
    assert all(0 <= pause <= 0.2 for pause in slept)
