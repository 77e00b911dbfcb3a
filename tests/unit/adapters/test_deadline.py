"""The time that is left to a request, and what each call may have of it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

import pytest

from adapters import deadline
from adapters.deadline import RESERVE, SHORTEST_CALL, OutOfTimeError


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The present second."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


def test_without_a_deadline_there_is_time_for_everything() -> None:
    """As in a script that nobody waits for."""
    assert deadline.remaining() == math.inf
    assert deadline.for_a_call(80.0) == 80.0


def test_a_call_gets_what_is_left_less_the_reserve(clock: Clock) -> None:
    """And never more than it asks for."""
    with deadline.within(20.0, clock):
        assert deadline.for_a_call(11.0) == 11.0
        clock.now += 10.0
        assert deadline.for_a_call(11.0) == 10.0 - RESERVE


def test_a_call_with_too_little_time_is_not_begun(clock: Clock) -> None:
    """Less than it needs to have a chance; one that asks for less gets that."""
    with deadline.within(RESERVE + SHORTEST_CALL, clock):
        assert deadline.for_a_call(11.0) == SHORTEST_CALL
        clock.now += 0.1
        with pytest.raises(OutOfTimeError):
            deadline.for_a_call(11.0)
        assert deadline.for_a_call(0.5) == 0.5
        clock.now += 60.0
        with pytest.raises(OutOfTimeError):
            deadline.for_a_call(0.5)


def test_a_deadline_inside_another_never_lengthens_it(clock: Clock) -> None:
    """The earlier one counts, and the outer one comes back afterwards."""
    with deadline.within(10.0, clock):
        with deadline.within(60.0):
            assert deadline.remaining() == 10.0
        with deadline.within(3.0) as inner:
            assert (deadline.remaining(), inner.remaining()) == (3.0, 3.0)
        assert deadline.remaining() == 10.0
    assert deadline.remaining() == math.inf


def test_a_deadline_ends_with_its_block_even_by_an_error(clock: Clock) -> None:
    """A Lambda function that is invoked again starts without the last one's."""
    with pytest.raises(ZeroDivisionError), deadline.within(1.0, clock):
        raise ZeroDivisionError
    assert deadline.remaining() == math.inf


def test_each_thread_has_its_own(clock: Clock) -> None:
    """One request's deadline is not another's."""
    seen: list[float] = []
    with deadline.within(1.0, clock):
        thread = threading.Thread(target=lambda: seen.append(deadline.remaining()))
        thread.start()
        thread.join()
    assert seen == [math.inf]


class Context:
    """What AWS hands to a function."""

    def __init__(self, milliseconds: int) -> None:
        self.get_remaining_time_in_millis: Callable[[], int] = lambda: milliseconds


@pytest.mark.parametrize(
    ("context", "at_most", "left"),
    [
        (Context(29_000), math.inf, 29.0),
        (Context(29_000), 25.0, 25.0),
        (Context(4_000), 25.0, 4.0),
        (None, 25.0, 25.0),
        ({"no": "method"}, 25.0, 25.0),
    ],
)
def test_an_invocation_has_what_aws_says_is_left(context: object, at_most: float, left: float) -> None:
    """Or what its caller waits for, whichever is less."""
    with deadline.of_invocation(context, at_most=at_most):
        assert left - 1 < deadline.remaining() <= left


def test_outside_aws_nothing_is_limited() -> None:
    """A local run has no context."""
    with deadline.of_invocation(None):
        assert deadline.remaining() == math.inf
