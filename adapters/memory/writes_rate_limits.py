"""Attempts, counted by the minute."""

from __future__ import annotations

from functools import partial

from adapters.memory.plan import Plan, plan
from adapters.memory.store import Store
from domain.errors import RateLimited
from domain.transactions.writes import IncrementRateLimit


@plan.register
def _count(write: IncrementRateLimit, store: Store) -> Plan:
    window = (write.subject, write.action, write.minute)
    values = store.rate_limits.get(window, frozenset())
    if write.value not in values and len(values) >= write.limit:
        return RateLimited(write.window)
    return partial(store.rate_limits.__setitem__, window, values | {write.value})
