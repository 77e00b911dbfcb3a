"""The time that is left to answer a request: set where the request enters, respected by every call to others.

A Lambda function is stopped when its time is over, and API Gateway has answered for it before that. Whatever is begun
too late is then neither finished nor reported.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from attrs import frozen

RESERVE = 2.0
"""Seconds kept back from every call to others, to store what it brought and to answer."""

SHORTEST_CALL = 2.0
"""Seconds that a call to others needs to have a chance; with less left it is not begun."""


class OutOfTimeError(Exception):
    """Too little time is left to begin a call. Nothing was begun."""


@frozen
class Deadline:
    """When the time is over, in seconds of the ``monotonic`` clock."""

    ends_at: float
    monotonic: Callable[[], float] = time.monotonic

    def remaining(self) -> float:
        """Seconds left; negative once it has passed."""
        return self.ends_at - self.monotonic()


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def remaining() -> float:
    """Seconds left for whatever runs now; infinite where nobody set a deadline."""
    deadline = _current.get()
    return math.inf if deadline is None else deadline.remaining()


def for_a_call(seconds: float) -> float:
    """How many of the ``seconds`` that a call to others may take it can have.

    Raises:
        OutOfTimeError: less than a call needs.
    """
    left = remaining() - RESERVE
    if left < min(seconds, SHORTEST_CALL):
        raise OutOfTimeError
    return min(seconds, left)


@contextmanager
def within(seconds: float, monotonic: Callable[[], float] | None = None) -> Iterator[Deadline]:
    """Limit the block to so many seconds, or to what is left already, if that is less.

    ``monotonic`` is the clock; by default that of the deadline around it, or of the system.
    """
    around = _current.get()
    clock = monotonic or (around.monotonic if around else time.monotonic)
    ends_at = clock() + seconds
    deadline = Deadline(min(ends_at, around.ends_at) if around else ends_at, clock)
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


@contextmanager
def of_invocation(context: object, *, at_most: float = math.inf) -> Iterator[None]:
    """Limit the block to what is left to the Lambda function, and to ``at_most`` seconds.

    ``context`` is what AWS hands to the function with its event. Without one, as outside AWS, only ``at_most`` counts.
    """
    milliseconds = getattr(context, "get_remaining_time_in_millis", None)
    seconds = min(milliseconds() / 1000 if callable(milliseconds) else math.inf, at_most)
    if math.isinf(seconds):
        yield
        return
    with within(seconds):
        yield
