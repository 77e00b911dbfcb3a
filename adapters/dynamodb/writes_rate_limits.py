"""Attempts, counted in the table by the minute. A counter deletes itself an hour later."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.operations import Operation, operation, update
from domain.errors import RateLimited
from domain.transactions.writes import IncrementRateLimit

_KEPT = 3600  # seconds after its minute until a counter may be deleted


@operation.register
def _count(write: IncrementRateLimit) -> Operation:
    return update(
        keys.attempts(write.subject, write.action, write.minute),
        "SET #ttl = :ttl ADD #n :one",
        condition="attribute_not_exists(#n) OR #n < :limit",
        values={":one": 1, ":limit": write.limit, ":ttl": write.minute * 60 + _KEPT},
        conflict=lambda _found: RateLimited(),
    )
