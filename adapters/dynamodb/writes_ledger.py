"""Writes about money that goes back: reversals, ledger entries, audit records."""

from __future__ import annotations

from adapters.dynamodb.audit import audit_item
from adapters.dynamodb.codec import Item
from adapters.dynamodb.expressions import ABSENT
from adapters.dynamodb.ledger import entry_from_item, entry_item
from adapters.dynamodb.operations import Operation, operation, put
from adapters.dynamodb.reversals import reversal_from_item, reversal_item
from domain.errors import DomainError
from domain.transactions.conflicts import EntryExists, ReversalConflict, TransactionConflict
from domain.transactions.writes import AddAuditRecord, AddLedgerEntry, SaveReversal


@operation.register
def _save(write: SaveReversal) -> Operation:
    item = reversal_item(write.reversal)
    if write.before is None:
        return put(item, ABSENT, _changed)
    return put(item, "#changes = :known", _changed, values={":known": write.before.changes})


def _changed(found: Item | None) -> DomainError:
    return ReversalConflict(reversal_from_item(found) if found else None)


@operation.register
def _book(write: AddLedgerEntry) -> Operation:
    return put(entry_item(write.entry), ABSENT, _exists)


def _exists(found: Item | None) -> DomainError:
    # The condition fails on what is there, and DynamoDB hands it over; without it there would be nothing to report.
    return EntryExists(entry_from_item(found)) if found else TransactionConflict(())


@operation.register
def _record(write: AddAuditRecord) -> Operation:
    return put(audit_item(write.record))
