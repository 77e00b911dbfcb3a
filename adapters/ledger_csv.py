"""The ledger as comma-separated values, for bookkeepers: one line for each entry, amounts as decimals.

``gross`` is signed: money in is positive, money out negative. ``fee`` is what the provider kept, ``net`` is gross less
fee. So the sums of a file's columns, for each currency, are the figures of its days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from adapters.csv_lines import line, text_cell
from adapters.timestamps import iso
from domain.ledger import EntryKind, LedgerEntry
from domain.money import EXPONENTS

COLUMNS = (
    "booked_on",
    "recorded_at",
    "occurred_at",
    "kind",
    "outcome",
    "payment_session_id",
    "provider",
    "provider_payment_id",
    "reversal_id",
    "user_id",
    "course_id",
    "course_name",
    "coupon_code",
    "currency",
    "list_amount",
    "discount",
    "gross",
    "fee",
    "net",
    "settlement_currency",
    "available_on",
    "seat",
    "by",
    "livemode",
)


def lines(entries: Iterable[LedgerEntry], *, header: bool = True) -> Iterator[str]:
    """The lines of these entries, each with its end, as they are consumed; the names of the columns come first."""
    if header:
        yield line(COLUMNS)
    for entry in entries:
        yield line(_cells(entry))


def _cells(entry: LedgerEntry) -> tuple[str, ...]:
    is_fee = entry.kind is EntryKind.FEE
    gross, fee = (0, -entry.amount) if is_fee else (entry.amount, 0)
    return (
        entry.booked_on.isoformat(),
        iso(entry.recorded_at),
        _timestamp(entry.occurred_at),
        entry.kind.value,
        text_cell(entry.outcome),
        text_cell(entry.payment_session_id),
        text_cell(entry.provider),
        text_cell(entry.provider_payment_id),
        text_cell(entry.provider_reversal_id),
        text_cell(entry.user_id),
        text_cell(entry.course_id),
        text_cell(entry.course_name),
        text_cell(entry.coupon_code),
        text_cell(entry.currency.upper()),
        _decimal(entry.list_amount, entry.currency),
        _decimal(entry.discount_amount, entry.currency),
        _decimal(gross, entry.currency),
        _decimal(fee, entry.currency),
        _decimal(gross - fee, entry.currency),
        text_cell(entry.settlement_currency.upper() if entry.settlement_currency else None),
        entry.available_on.isoformat() if entry.available_on else "",
        str(entry.seat),
        text_cell(entry.by),
        "true" if entry.livemode else "false",
    )


def _decimal(amount: int | None, currency: str) -> str:
    """Minor units as people write them; of a currency that the school never sells in they stay minor units."""
    if amount is None:
        return ""
    return str(Decimal(amount).scaleb(-EXPONENTS[currency])) if currency in EXPONENTS else str(amount)


def _timestamp(at: datetime | None) -> str:
    return iso(at) if at else ""
