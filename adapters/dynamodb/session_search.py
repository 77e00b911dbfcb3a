"""Finding a payment session by its id alone, without knowing whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from adapters.dynamodb import keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.table import Table

_WINDOW = timedelta(minutes=2)
"""How far the time in an id, and when the session was created, are apart at the most."""

_LATEST = 10**14
"""Milliseconds since 1970 until the year 5138: what claims to be of later is no id of ours."""

_OWN = re.compile(r"ps_([0-9a-f]{12})[0-9a-f]{20}")  # milliseconds since 1970, then random
_SECOND = re.compile(r"(.+)-2-[A-Za-z0-9]{1,12}")


def sessions_named(table: Table, payment_session_id: str) -> Iterator[Item]:
    """The sessions of this id, wherever the index has them: settled, in review, or due. May lag behind writes.

    The id of a second payment's session is that of the first one, and more: whose the first is, the second is too.
    """
    if second := _SECOND.fullmatch(payment_session_id):
        for first in _indexed(table, second[1]):
            found = table.get(keys.payment_session(str(first["userId"]), payment_session_id))
            yield from (found,) if found else ()
    else:
        yield from _indexed(table, payment_session_id)


def _indexed(table: Table, payment_session_id: str) -> Iterator[Item]:
    for items in _places(table, payment_session_id):
        yield from (item for item in items if item.get("paymentSessionId") == payment_session_id)


def _places(table: Table, payment_session_id: str) -> Iterator[Iterator[Item]]:
    created_at = _time_in(payment_session_id)
    if created_at is not None:
        for partition, first, last in keys.sessions_between(created_at - _WINDOW, created_at + _WINDOW):
            yield table.index_between(partition, first, last)
    yield table.index_all(keys.every_review())
    yield table.index_all(keys.every_due(payment_session_id))


def _time_in(payment_session_id: str) -> datetime | None:
    """When a session of this id was created, as far as the id says; None where it cannot be."""
    own = _OWN.fullmatch(payment_session_id)
    milliseconds = int(own[1], 16) if own else None
    if milliseconds is None or milliseconds >= _LATEST:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
