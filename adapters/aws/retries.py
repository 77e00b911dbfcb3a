"""When a call is repeated, after which pause, and when that is enough: as botocore's standard mode does it."""

from __future__ import annotations

import random
import threading

from attrs import define, field

LONGEST_PAUSE = 20.0  # seconds

_CAPACITY = 500
_COST, _COST_OF_SILENCE = 5, 10

_STATUSES = frozenset({500, 502, 503, 504})
_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "InternalServerError",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)


def is_passing(status: int, code: str) -> bool:
    """Whether an error may be gone when the call is repeated."""
    return status in _STATUSES or code in _CODES


def pause_before(attempt: int, chance: random.Random) -> float:
    """Seconds to wait before an attempt, the second being 2: anything up to a bound that doubles (full jitter)."""
    return min(chance.random() * 2.0 ** (attempt - 2), LONGEST_PAUSE)


@define(eq=False)
class RetryBudget:
    """How many repetitions one client may still make, so that AWS is not asked three times as often while it fails.

    Each repetition takes from the budget, a silence more than an error; each success gives back what its last
    repetition took, or one. For any thread.
    """

    left: int = _CAPACITY
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def take(self, *, silence: bool) -> int:
        """What a repetition costs now, which is taken; 0 if there is not enough left, and nothing may be repeated."""
        cost = _COST_OF_SILENCE if silence else _COST
        with self._lock:
            if cost > self.left:
                return 0
            self.left -= cost
            return cost

    def give_back(self, taken: int) -> None:
        """A call succeeded, for whose last repetition so much was taken."""
        with self._lock:
            self.left = min(_CAPACITY, self.left + (taken or 1))
