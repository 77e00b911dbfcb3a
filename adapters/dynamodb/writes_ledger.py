"""Writes about money that goes back: reversals, ledger entries, audit records."""

from __future__ import annotations

from adapters.dynamodb import ledger_keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.expressions import ABSENT
from adapters.dynamodb.keys import Key
from adapters.dynamodb.ledger import entry_from_item, entry_item
from adapters.dynamodb.operations import Operation, operation, put
from adapters.dynamodb.reversals import reversal_from_item, reversal_item
from adapters.timestamps import iso
from domain.audit import AuditRecord
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
    # The condition fails on what is there, and DynamoDB hands it over; without it there is nothing to tell.
    return EntryExists(entry_from_item(found)) if found else TransactionConflict(())


@operation.register
def _record(write: AddAuditRecord) -> Operation:
    record = write.record
    return put(
        {
            **_subject(record).attributes,
            **ledger_keys.audit_index(record.at, record.audit_id),
            "auditId": record.audit_id,
            "userId": record.user_id,
            "couponCode": record.coupon_code,
            "action": record.action.value,
            "by": record.by,
            "at": iso(record.at),
            "reason": record.reason,
            "before": record.before or None,
            "after": record.after or None,
        }
    )


def _subject(record: AuditRecord) -> Key:
    if record.coupon_code is not None:
        return ledger_keys.coupon_audit_record(record.coupon_code, record.at, record.audit_id)
    return ledger_keys.audit_record(record.user_id or "", record.at, record.audit_id)
