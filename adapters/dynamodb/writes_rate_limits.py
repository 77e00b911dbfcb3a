"""Attempts, counted in the table by windows of time: each value once. A counter deletes itself an hour later."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.operations import Operation, operation, update
from domain.errors import RateLimited
from domain.transactions.writes import IncrementRateLimit

_KEPT = 3600  # seconds after its window until a counter may be deleted


@operation.register
def _count(write: IncrementRateLimit) -> Operation:
    return update(
        keys.attempts(write.subject, write.action, write.minute),
        "SET #ttl = :ttl ADD #codes :codes",
        condition="attribute_not_exists(#codes) OR size(#codes) < :limit OR contains(#codes, :value)",
        values={
            ":codes": frozenset({write.value}),
            ":value": write.value,
            ":limit": write.limit,
            ":ttl": write.minute * 60 + write.window + _KEPT,
        },
        conflict=lambda _found: RateLimited(write.window),
    )
