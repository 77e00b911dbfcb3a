"""`python -m scripts.bench.rush`: how many buyers get through when many use one coupon at the same moment.

DynamoDB cancels a transaction while another one is at work on one of its items. DynamoDB Local carries out one after
the other and shows no such thing, so this is a model: buyers arrive at random, each reservation keeps its coupon's
counter for as long as a transaction takes, and whoever meets one at work is refused. How often and after which pauses
it is tried again, and which counter a buyer takes, is the product's own code. Prints a table in Markdown.
"""

from __future__ import annotations

import heapq
import random
import sys
import uuid
from collections.abc import Iterator
from itertools import product
from statistics import quantiles

from attrs import define, field, frozen

from adapters.dynamodb.table import ATTEMPTS
from adapters.system.backoff import FullJitterBackoff
from domain.services.reservation import first_shard

RATES = (25, 167, 500)  # buyers a second
SHARDS = (1, 4, 16)
DURATIONS = (0.01, 0.025)  # seconds that a transaction takes
A_MINUTE = 60.0
_HUNDREDTHS = 100


@frozen
class Rush:
    """What became of the buyers. ``waits`` has the seconds that each of them waited who got through."""

    buyers: int
    retries: int
    gave_up: int
    waits: list[float]

    def row(self, rate: int, shards: int, duration: float) -> str:
        """One line of the table."""
        cuts = quantiles(self.waits, n=_HUNDREDTHS)
        figures = (
            f"{self.retries / self.buyers:.2f}",
            f"{100 * self.gave_up / self.buyers:.1f} %",
            f"{1000 * cuts[49]:.0f}",
            f"{1000 * cuts[98]:.0f}",
        )
        return f"| {rate} | {shards} | {1000 * duration:.0f} | " + " | ".join(figures) + " |"


@define(order=True)
class Request:
    """A reservation that reaches DynamoDB ``at`` so many seconds, for the ``attempt``-th time."""

    at: float
    shard: int
    arrived: float
    attempt: int = 1


@define
class Pauses:
    """The product's pauses, drawn and not slept."""

    numbers: random.Random
    drawn: float = field(default=0.0, init=False)

    def after(self, attempt: int) -> float:
        """How long a buyer waits after so many attempts."""
        FullJitterBackoff(sleep=self._draw, uniform=self.numbers.uniform).pause(attempt)
        return self.drawn

    def _draw(self, seconds: float) -> None:
        self.drawn = seconds


def rush(rate: int, shards: int, duration: float, *, seconds: float = A_MINUTE, seed: int = 1) -> Rush:
    """So many seconds of buyers, ``rate`` of them a second, with a coupon of so many counters."""
    numbers = random.Random(seed)  # noqa: S311 - buyers are no secret
    pauses = Pauses(numbers)
    waiting = list(arrivals(numbers, rate, shards, seconds))
    heapq.heapify(waiting)
    busy_until = [0.0] * shards
    buyers, retries, gave_up = len(waiting), 0, 0
    waits: list[float] = []
    while waiting:
        request = heapq.heappop(waiting)
        if busy_until[request.shard] <= request.at:
            busy_until[request.shard] = request.at + duration
            waits.append(busy_until[request.shard] - request.arrived)
        elif request.attempt == ATTEMPTS:
            gave_up += 1
        else:
            retries += 1
            request.at += pauses.after(request.attempt)
            request.attempt += 1
            heapq.heappush(waiting, request)
    return Rush(buyers, retries, gave_up, waits)


def arrivals(numbers: random.Random, rate: int, shards: int, seconds: float) -> Iterator[Request]:
    """The first requests of buyers who come independently of each other."""
    at = numbers.expovariate(rate)
    while at < seconds:
        session_id = str(uuid.UUID(int=numbers.getrandbits(128), version=4))
        yield Request(at, first_shard(session_id, shards), at)
        at += numbers.expovariate(rate)


def main() -> int:
    """The exit status."""
    print("| buyers a second | counters | a transaction, ms | retries a buyer | gave up | median, ms | 99 of 100, ms |")
    print("|---|---|---|---|---|---|---|")
    for duration, rate, shards in product(DURATIONS, RATES, SHARDS):
        print(rush(rate, shards, duration).row(rate, shards, duration))
    return 0


if __name__ == "__main__":
    sys.exit(main())
