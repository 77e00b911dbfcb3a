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
    count = store.attempts.get(window, 0)
    return RateLimited() if count >= write.limit else partial(store.attempts.__setitem__, window, count + 1)
