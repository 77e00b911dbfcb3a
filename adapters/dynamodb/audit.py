"""Audit records as items."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from attrs import frozen

from adapters.dynamodb import keys, ledger_keys
from adapters.dynamodb.attributes import Attributes, readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.cursors import cursor_after, last_before
from adapters.dynamodb.keys import Key
from adapters.dynamodb.table import Slice, Table
from adapters.timestamps import iso
from domain.audit import ActorRole, AuditAction, AuditRecord, AuditSubject
from domain.paging import Page
from domain.ports.audit import AuditRepo
from domain.ports.telemetry import Telemetry

MOST_EXAMINED = 1_000
"""Records that one request reads at the most to find those of one person."""


def audit_item(record: AuditRecord) -> Item:
    """The item of an audit record."""
    return {
        **ledger_keys.audit_record(_partition(record.subject), record.at, record.audit_id).attributes,
        **ledger_keys.audit_index(record.at, record.audit_id),
        "auditId": record.audit_id,
        "userId": record.user_id,
        "couponCode": record.coupon_code,
        "courseId": record.course_id,
        "action": record.action.value,
        "by": record.by,
        "role": record.role.value if record.role else None,
        "at": iso(record.at),
        "reason": record.reason,
        "before": record.before or None,
        "after": record.after or None,
    }


def audit_from_item(item: Item) -> AuditRecord:
    """The audit record in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    with reading("audit record", item) as stored:
        role = stored.maybe_text("role")
        return AuditRecord(
            audit_id=stored.text("auditId"),
            user_id=stored.maybe_text("userId"),
            coupon_code=stored.maybe_text("couponCode"),
            course_id=stored.maybe_text("courseId"),
            action=AuditAction(stored.text("action")),
            by=stored.text("by"),
            role=ActorRole(role) if role else None,
            at=stored.timestamp("at"),
            reason=stored.text("reason"),
            before=_fields(stored, "before"),
            after=_fields(stored, "after"),
        )


@frozen
class DynamoAuditRepo(AuditRepo):
    """Reads audit records from the table."""

    table: Table
    telemetry: Telemetry

    def of_month(
        self, month: date, *, by: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[AuditRecord]:
        """Up to ``limit`` records of a month, the newest first; the cursor hides where the last page ended."""
        found = self.table.slice(
            ledger_keys.audit_month(month),
            "0",
            last_before(cursor),
            examine=MOST_EXAMINED if by else limit + 1,
            index=True,
            only="#by = :by" if by else "",
            values={":by": by} if by else None,
        )
        return self._page(found, limit)

    def about(self, subject: AuditSubject, *, limit: int, cursor: str | None = None) -> Page[AuditRecord]:
        """Up to ``limit`` records about one subject, the newest first."""
        key = _key(subject, last_before(cursor))
        return self._page(self.table.slice(key.pk, _key(subject, "0").sk, key.sk, examine=limit + 1), limit)

    def _page(self, found: Slice, limit: int) -> Page[AuditRecord]:
        # One more than shown is examined: DynamoDB names the last item examined even where none is behind it.
        records = tuple(readable(found.items, audit_from_item, self.telemetry))
        end = found.last_examined
        if len(records) > limit:
            records = records[:limit]
            end = f"{iso(records[-1].at)}#{records[-1].audit_id}"
        return Page(records, cursor_after(end.removeprefix(ledger_keys.AUDIT)) if end else None)


def _key(subject: AuditSubject, dated: str) -> Key:
    return Key(_partition(subject), f"{ledger_keys.AUDIT}{dated}")


def _partition(subject: AuditSubject) -> str:
    if subject.coupon_code is not None:
        return keys.coupon(subject.coupon_code).pk
    if subject.course_id is not None:
        return keys.course(subject.course_id).pk
    if subject.user_id is not None:
        return keys.students_partition(subject.user_id)
    return keys.school().pk


def _fields(stored: Attributes, name: str) -> MappingProxyType[str, object]:
    found = stored.item.get(name, {})
    if not isinstance(found, dict):
        raise TypeError(name)
    return MappingProxyType(found)
