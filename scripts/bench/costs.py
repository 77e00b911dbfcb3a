"""What requests cost on AWS, from processor time and capacity units, at list prices of us-east-1 in November 2026.

What a request waits for others is not measured here, where others answer at once, but assumed: see `WAITS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from attrs import frozen

from scripts.bench.calls import Asked

MEMORY_SIZES = (256, 512, 1024, 1769)
WHOLE_PROCESSOR = 1769
"""Megabytes of memory with which a function has one processor, by AWS's documentation; with less it has a share."""

WRITE_UNIT, READ_UNIT = 0.625e-6, 0.125e-6  # dollars, on demand
GIGABYTE_SECOND, INVOCATION, API_CALL = 16.6667e-6, 0.2e-6, 3.5e-6  # dollars: Lambda x86, Lambda, API Gateway REST


@frozen
class Waits:
    """Seconds that a call of a service is assumed to take on AWS."""

    dynamodb: float = 0.006
    aws: float = 0.015
    stripe: float = 0.35


WAITS = Waits()


def duration(processor: float, asked: Asked, megabytes: int) -> float:
    """Seconds that a request takes: its processor milliseconds at that share of a processor, and what it waits for."""
    share = min(megabytes / WHOLE_PROCESSOR, 1.0)
    waits = asked.dynamodb * WAITS.dynamodb + asked.aws * WAITS.aws + asked.stripe * WAITS.stripe
    return processor / 1000 / share + waits


def function_cost(processor: float, asked: Asked, megabytes: int) -> float:
    """Dollars for Lambda and API Gateway per request."""
    return duration(processor, asked, megabytes) * megabytes / 1024 * GIGABYTE_SECOND + INVOCATION + API_CALL


def storage_cost(asked: Asked) -> float:
    """Dollars for DynamoDB per request."""
    return float(asked.written * Decimal(str(WRITE_UNIT)) + asked.read * Decimal(str(READ_UNIT)))


def memory_table(cold: Mapping[str, float], warm: Mapping[str, float], asked: Mapping[str, Asked]) -> Iterator[str]:
    """How long requests take and what enrollments cost by memory size; ``cold`` and ``warm`` are processor ms."""
    paths = [path for path in ("courses", "paid", "webhook") if path in warm and path in asked]
    yield "| MB | " + " | ".join(f"{path}, ms" for path in paths) + " | cold paid, ms | 1,000 paid enrollments |"
    yield "|---" * (len(paths) + 3) + "|"
    for size in MEMORY_SIZES:
        times = [f"{1000 * duration(warm[path], asked[path], size):.0f}" for path in paths]
        start = f"{1000 * duration(cold['paid'], asked['paid'], size):.0f}"
        dollars = 1000 * sum(function_cost(warm[path], asked[path], size) for path in ("paid", "webhook"))
        yield f"| {size} | " + " | ".join(times) + f" | {start} | ${dollars:.4f} |"


def thousand(warm: Mapping[str, float], asked: Mapping[str, Asked], megabytes: int) -> tuple[float, float]:
    """Dollars for a thousand paid enrollments, request and webhook: functions and API, and DynamoDB."""
    functions = sum(function_cost(warm[path], asked[path], megabytes) for path in ("paid", "webhook"))
    return 1000 * functions, 1000 * sum(storage_cost(asked[path]) for path in ("paid", "webhook"))
