"""Ledger entries as items."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import date
from itertools import islice

from attrs import frozen

from adapters.dynamodb import keys, ledger_keys
from adapters.dynamodb.attributes import Attributes, readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.expressions import ABSENT
from adapters.dynamodb.operations import put
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.errors import InvalidValue
from domain.identifiers import is_id
from domain.ledger import EntryKind, LedgerEntry
from domain.paging import Page
from domain.ports.ledger import LedgerRepo
from domain.ports.telemetry import Telemetry
from domain.transactions.bookkeeping import SALE

_LONGEST_KEY = 1024  # bytes, by DynamoDB


def entry_item(entry: LedgerEntry) -> Item:
    """The item of a ledger entry. No seat is not stored."""
    key = ledger_keys.entry(entry.provider, entry.provider_payment_id, entry.entry_id)
    return {
        **key.attributes,
        **ledger_keys.entry_index(key, entry.booked_on, entry.recorded_at),
        "kind": entry.kind.value,
        "amount": entry.amount,
        "currency": entry.currency,
        "listAmount": entry.list_amount,
        "discountAmount": entry.discount_amount,
        "couponCode": entry.coupon_code,
        "userId": entry.user_id,
        "courseId": entry.course_id,
        "courseName": entry.course_name,
        "paymentSessionId": entry.payment_session_id or None,
        "provider": entry.provider,
        "eventId": entry.event_id,
        "eventType": entry.event_type,
        "outcome": entry.outcome,
        "livemode": entry.livemode,
        "bookedOn": entry.booked_on.isoformat(),
        "recordedAt": iso(entry.recorded_at),
        "occurredAt": iso(entry.occurred_at) if entry.occurred_at else None,
        "by": entry.by,
        "seat": entry.seat or None,
        "providerReversalId": entry.provider_reversal_id,
        "fee": entry.fee,
        "net": entry.net,
        "settlementCurrency": entry.settlement_currency,
        "availableOn": entry.available_on.isoformat() if entry.available_on else None,
    }


def entry_from_item(item: Item) -> LedgerEntry:
    """The ledger entry in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    with reading("ledger entry", item) as stored:
        provider, provider_payment_id = ledger_keys.payment_in(item)
        return LedgerEntry(
            provider=provider,
            provider_payment_id=provider_payment_id,
            entry_id=stored.text("SK"),
            kind=EntryKind(stored.text("kind")),
            amount=stored.integer("amount"),
            currency=stored.text("currency"),
            list_amount=stored.maybe_integer("listAmount"),
            discount_amount=stored.maybe_integer("discountAmount"),
            coupon_code=stored.maybe_text("couponCode"),
            user_id=stored.text("userId"),
            course_id=stored.text("courseId"),
            course_name=stored.text("courseName"),
            payment_session_id=stored.maybe_text("paymentSessionId") or "",
            event_id=stored.maybe_text("eventId"),
            event_type=stored.maybe_text("eventType"),
            outcome=stored.maybe_text("outcome"),
            livemode=stored.boolean("livemode"),
            booked_on=date.fromisoformat(stored.text("bookedOn")),
            recorded_at=stored.timestamp("recordedAt"),
            occurred_at=stored.maybe_timestamp("occurredAt"),
            by=stored.maybe_text("by"),
            seat=stored.maybe_integer("seat") or 0,
            provider_reversal_id=stored.maybe_text("providerReversalId"),
            fee=stored.maybe_integer("fee"),
            net=stored.maybe_integer("net"),
            settlement_currency=stored.maybe_text("settlementCurrency"),
            available_on=_maybe_date(stored, "availableOn"),
        )


@frozen
class DynamoLedgerRepo(LedgerRepo):
    """Reads ledger entries from the table."""

    table: Table
    telemetry: Telemetry

    def sale(self, provider: str, provider_payment_id: str) -> LedgerEntry | None:
        """The sale of the provider's payment, if it is booked."""
        if not _may_be_booked(provider, provider_payment_id):
            return None
        item = self.table.get(ledger_keys.entry(provider, provider_payment_id, SALE))
        return entry_from_item(item) if item else None

    def of_payment(self, provider: str, provider_payment_id: str) -> tuple[LedgerEntry, ...]:
        """Every entry about one payment, by entry id."""
        if not _may_be_booked(provider, provider_payment_id):
            return ()
        items = self.table.query(ledger_keys.entries_of(provider, provider_payment_id), "")
        return tuple(sorted(map(entry_from_item, items), key=lambda entry: entry.entry_id))

    def booked(self, *, since: date, until: date) -> Iterator[LedgerEntry]:
        """The entries booked in these days, in the order of booking, read month by month and page by page."""
        for partition, first, last in ledger_keys.booked_between(since, until):
            for item in self.table.index_between(partition, first, last):
                yield from readable([item], entry_from_item, self.telemetry)

    def page(self, *, since: date, until: date, limit: int, cursor: str | None) -> Page[LedgerEntry]:
        """Up to ``limit`` entries; the cursor is the key in the index after which to read on."""
        after = None if cursor is None else _key_in(cursor, since, until)
        items = list(islice(self._items_after(since, until, after, limit), limit + 1))
        entries = tuple(readable(items[:limit], entry_from_item, self.telemetry))
        return Page(entries, _cursor(items[limit - 1]) if len(items) > limit else None)

    def _items_after(self, since: date, until: date, after: str | None, limit: int) -> Iterator[Item]:
        for partition, first, last in ledger_keys.booked_between(since, until):
            begin = first if after is None else max(first, after)
            for item in self.table.index_between(partition, begin, last, page_size=limit + 2):
                if item["GSI1SK"] != after:
                    yield item

    def add(self, entry: LedgerEntry) -> bool:
        """Book an entry that stands alone. False if there is one under its key already."""
        try:
            self.table.write(put(entry_item(entry), ABSENT))
        except ConditionsFailed:
            return False
        return True


def _may_be_booked(provider: str, provider_payment_id: str) -> bool:
    return is_id(provider) and keys.is_foreign_id(provider_payment_id)


def _maybe_date(stored: Attributes, name: str) -> date | None:
    text = stored.maybe_text(name)
    return date.fromisoformat(text) if text else None


def _cursor(item: Item) -> str:
    return base64.urlsafe_b64encode(str(item["GSI1SK"]).encode()).decode().rstrip("=")


def _key_in(cursor: str, since: date, until: date) -> str:
    """The key of the index in a cursor: it is only ever compared with keys of the months that were asked for."""
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        day = date.fromisoformat(key[:10])
    except (binascii.Error, ValueError):
        raise InvalidValue("The cursor is not valid.") from None
    if not since <= day <= until or len(key) > _LONGEST_KEY:
        raise InvalidValue("The cursor is not valid.")
    return key
