"""Audit records as comma-separated values: one line for each, the changed fields as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from adapters.csv_lines import line, text_cell
from adapters.timestamps import iso
from domain.audit import AuditRecord

COLUMNS = (
    "audit_id",
    "at",
    "action",
    "by",
    "role",
    "reason",
    "user_id",
    "coupon_code",
    "course_id",
    "before",
    "after",
)


def lines(records: Iterable[AuditRecord], *, header: bool = True) -> Iterator[str]:
    """The lines of these records, each with its end, as they are consumed; the names of the columns come first."""
    if header:
        yield line(COLUMNS)
    for record in records:
        yield line(_cells(record))


def _cells(record: AuditRecord) -> tuple[str, ...]:
    return (
        record.audit_id,
        iso(record.at),
        record.action.value,
        text_cell(record.by),
        record.role.value if record.role else "",
        text_cell(record.reason),
        text_cell(record.user_id),
        text_cell(record.coupon_code),
        text_cell(record.course_id),
        _fields(record.before),
        _fields(record.after),
    )


def _fields(fields: Mapping[str, object]) -> str:
    return json.dumps(dict(fields), default=_plain, ensure_ascii=False, sort_keys=True) if fields else ""


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else str(value)
        case Mapping():
            return dict(value)
        case frozenset():
            return sorted(map(str, value))
        case _:
            return str(value)
