"""Writes about money that goes back: reversals, ledger entries, audit records."""

from __future__ import annotations

from functools import partial

from adapters.memory.plan import Plan, plan
from adapters.memory.store import Store
from domain.transactions.conflicts import EntryExists, ReversalConflict
from domain.transactions.writes import AddAuditRecord, AddLedgerEntry, SaveReversal


@plan.register
def _save(write: SaveReversal, store: Store) -> Plan:
    reversal = write.reversal
    key = (reversal.user_id, reversal.payment_session_id, reversal.reversal_id)
    found = store.reversals.get(key)
    known = write.before.changes if write.before else None
    if (found.changes if found else None) != known:
        return ReversalConflict(found)
    return partial(store.reversals.__setitem__, key, reversal)


@plan.register
def _book(write: AddLedgerEntry, store: Store) -> Plan:
    entry = write.entry
    key = (entry.provider, entry.provider_payment_id, entry.entry_id)
    if found := store.ledger.get(key):
        return EntryExists(found)
    return partial(store.ledger.__setitem__, key, entry)


@plan.register
def _record(write: AddAuditRecord, store: Store) -> Plan:
    return partial(store.audit.append, write.record)
