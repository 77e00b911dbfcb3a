"""The ledger as comma-separated values."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ledger_csv import COLUMNS, lines
from adapters.timestamps import iso
from domain.figures import fold_entries, grouped, total
from domain.ledger import EntryKind, LedgerEntry
from tests.support.factories import NOW
from tests.support.reversal_factories import an_entry


def parsed(*entries: LedgerEntry) -> list[dict[str, str]]:
    """What a program reads in the file."""
    return list(csv.DictReader(StringIO("".join(lines(entries)), newline="")))


def test_a_sale_and_its_fee() -> None:
    """Amounts are decimals and signed; a fee has no gross, and a net below zero."""
    fee = an_entry(
        entry_id="FEE#txn_1",
        kind=EntryKind.FEE,
        amount=-465,
        settlement_currency="usd",
        available_on=date(2026, 1, 17),
        occurred_at=NOW,
        seat=0,
    )
    sale = an_entry(list_amount=16_499, discount_amount=1_500, coupon_code="SPRING", livemode=True)
    first, second = parsed(sale, fee)
    assert tuple(first) == COLUMNS
    assert (first["list_amount"], first["discount"], first["gross"], first["fee"], first["net"]) == (
        "164.99", "15.00", "149.99", "0.00", "149.99",
    )  # fmt: skip
    assert (first["kind"], first["currency"], first["seat"], first["livemode"]) == ("sale", "USD", "1", "true")
    assert (second["gross"], second["fee"], second["net"]) == ("0.00", "4.65", "-4.65")
    assert (second["settlement_currency"], second["available_on"]) == ("USD", "2026-01-17")
    assert second["occurred_at"] == iso(NOW)


def test_a_currency_that_is_never_sold_in_stays_in_minor_units() -> None:
    """Nobody here knows how many decimals it has."""
    [row] = parsed(an_entry(currency="xyz", amount=1234))
    assert (row["gross"], row["currency"]) == ("1234", "XYZ")


FORMULAS = ('=HYPERLINK("https://evil.example")', "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n")


@pytest.mark.parametrize("name", FORMULAS)
def test_no_text_becomes_a_formula(name: str) -> None:
    """In a cell of a text an apostrophe keeps a spreadsheet from computing; amounts below zero stay amounts."""
    [row] = parsed(an_entry(course_name=name, kind=EntryKind.REFUND, amount=-500))
    assert row["course_name"] == f"'{name}"
    assert row["gross"] == "-5.00"


@given(st.text(max_size=40))
def test_any_name_is_one_cell(name: str) -> None:
    """Quotes, commas, line ends and letters of every script."""
    [row] = parsed(an_entry(course_name=name))
    assert row["course_name"] in (name, f"'{name}")
    assert row["course_name"][:1] not in tuple("=+-@\t\r\n")
    assert row["net"] == "149.99"


def test_the_sums_of_the_columns_are_the_figures() -> None:
    """For each currency: net in all, gross of the sales, and what went back."""
    entries = [
        an_entry(),
        an_entry(currency="eur", amount=5_000),
        an_entry(kind=EntryKind.REFUND, amount=-1_000, seat=0),
        an_entry(kind=EntryKind.DISPUTE, amount=-2_000, seat=-1),
        an_entry(kind=EntryKind.FEE, amount=-465, seat=0),
    ]
    sums: Counter[tuple[str, str]] = Counter()
    for row in parsed(*entries):
        for column in ("gross", "fee", "net", "seat"):
            sums[row["currency"], column] += int(Decimal(row[column]) * (1 if column == "seat" else 100))
    for currency, figures in total(grouped(fold_entries(entries).items(), ())).items():
        name = currency.upper()
        assert sums[name, "net"] == figures.net
        assert sums[name, "fee"] == figures.fees
        assert sums[name, "gross"] == figures.gross - figures.refunds - figures.disputes
        assert sums[name, "seat"] == figures.enrollments - figures.ended


def test_pages_can_be_joined() -> None:
    """Only the first has the names of the columns."""
    one, two = an_entry(), an_entry(provider_payment_id="pi_2")
    joined = "".join(lines([one])) + "".join(lines([two], header=False))
    assert joined == "".join(lines([one, two]))
