"""Every payment session or enrollment of the table, by a scan: for migrations only, since it reads the whole table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from adapters.dynamodb import keys
from adapters.dynamodb.codec import Item, decode, encode
from adapters.dynamodb.enrollment_items import enrollment_from_item, is_pending
from adapters.dynamodb.payment_sessions import session_from_item, session_item
from domain.errors import RecordUnreadable
from domain.use_cases.office.backfill_payments import StoredSession
from domain.use_cases.office.backfill_seats import StoredEnrollment


def stored_sessions(client: Any, table: str, unreadable: Callable[[str], None]) -> Iterator[StoredSession]:
    """Every payment session, read page by page as they are consumed.

    ``unreadable`` gets the key of each that cannot be read.
    """
    for item in _scanned(client, table, keys.PAYMENTS):
        try:
            session = session_from_item(item)
        except RecordUnreadable:
            unreadable(f"{item['PK']} {item['SK']}")
            continue
        yield StoredSession(session=session, is_listed=item.get("GSI1PK") == session_item(session)["GSI1PK"])


def stored_enrollments(client: Any, table: str, unreadable: Callable[[str], None]) -> Iterator[StoredEnrollment]:
    """Every enrollment, active or ended, as ``stored_sessions``; those whose payment is pending are none."""
    for prefix in (keys.ENROLLMENTS, keys.ENDED):
        for item in _scanned(client, table, prefix):
            try:
                if not is_pending(item):
                    yield StoredEnrollment(enrollment=enrollment_from_item(item), is_active=prefix == keys.ENROLLMENTS)
            except RecordUnreadable:
                unreadable(f"{item['PK']} {item['SK']}")


def _scanned(client: Any, table: str, prefix: str) -> Iterator[Item]:
    request = {
        "TableName": table,
        "FilterExpression": "begins_with(PK, :student) AND begins_with(SK, :prefix)",
        "ExpressionAttributeValues": encode({":student": "USER#", ":prefix": prefix}),
    }
    for page in client.get_paginator("scan").paginate(**request):
        yield from map(decode, page["Items"])
