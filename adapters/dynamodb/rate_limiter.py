"""How often somebody may try something, counted in the table by the minute."""

from __future__ import annotations

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.operations import update
from adapters.dynamodb.table import Table
from domain.errors import RateLimited
from domain.ports.clock import Clock
from domain.ports.rate_limiter import RateLimiter

_KEPT = 3600  # seconds after its minute until a counter may be deleted


@frozen
class DynamoRateLimiter(RateLimiter):
    """Counts attempts by the minute of the clock; a counter deletes itself an hour later."""

    table: Table
    clock: Clock

    def admit(self, subject: str, action: str, *, per_minute: int) -> None:
        """Count one attempt, or raise ``RateLimited`` and count nothing."""
        if per_minute <= 0:
            raise RateLimited
        minute = int(self.clock.now().timestamp()) // 60
        counting = update(
            keys.attempts(subject, action, minute),
            "SET #ttl = :ttl ADD #n :one",
            condition="attribute_not_exists(#n) OR #n < :limit",
            values={":one": 1, ":limit": per_minute, ":ttl": minute * 60 + _KEPT},
        )
        try:
            self.table.write(counting)
        except ConditionsFailed:
            raise RateLimited from None
