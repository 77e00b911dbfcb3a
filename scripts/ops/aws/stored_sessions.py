"""Every payment session of the table, by a scan: for migrations only, since it reads the whole table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from adapters.dynamodb import keys
from adapters.dynamodb.codec import decode, encode
from adapters.dynamodb.payment_sessions import session_from_item, session_item
from domain.errors import RecordUnreadable
from domain.use_cases.office.backfill_payments import StoredSession


def stored_sessions(client: Any, table: str, unreadable: Callable[[str], None]) -> Iterator[StoredSession]:
    """Every payment session, read page by page as they are consumed.

    ``unreadable`` is told the key of each that cannot be read.
    """
    request = {
        "TableName": table,
        "FilterExpression": "begins_with(PK, :student) AND begins_with(SK, :payment)",
        "ExpressionAttributeValues": encode({":student": "USER#", ":payment": keys.PAYMENTS}),
    }
    for page in client.get_paginator("scan").paginate(**request):
        for item in map(decode, page["Items"]):
            try:
                session = session_from_item(item)
            except RecordUnreadable:
                unreadable(f"{item['PK']} {item['SK']}")
                continue
            yield StoredSession(session=session, is_listed=item.get("GSI1PK") == session_item(session)["GSI1PK"])
