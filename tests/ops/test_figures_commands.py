"""The figures on the command line."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO

from domain.use_cases.schedule.close_days import LAG
from tests.support.deployment.emulated_accounts import EmulatedAccounts


def test_the_figures_of_a_sale(accounts: EmulatedAccounts) -> None:
    """In total, by day and course, and how many checkouts were paid."""
    session = accounts.paid()
    today = datetime.now(UTC).date()
    words = ("figures", "show", "--from", str(today - timedelta(days=1)), "--to", str(today + timedelta(days=1)))
    shown = accounts.ops_json(*words, "--by", "course")
    assert list(shown) == ["total", "by course", "checkouts"]
    [total] = shown["total"]
    assert (total["sales"], total["enrolled"]) == (1, 1)
    assert total["gross"] == f"{session.total.to_decimal()} USD"
    [row] = [one for one in shown["by course"] if one["course"] == session.course_id]
    assert row["gross"] == total["gross"]
    [funnel] = [one for one in shown["checkouts"] if one["course"] == session.course_id]
    assert (funnel["opened"], funnel["paid"]) == (1, 1)


def test_days_that_are_over_are_closed_once(accounts: EmulatedAccounts) -> None:
    """The nightly run, by hand; a month can be folded again."""
    assert len(accounts.ops_json("figures", "close")) == 35
    assert accounts.ops_json("figures", "close") == []
    month = (datetime.now(UTC).date().replace(day=1) - timedelta(days=1)).isoformat()[:7]
    rebuilt = accounts.ops_json("figures", "rebuild", "--month", month)
    assert {one["day"][:7] for one in rebuilt} == {month}


def test_days_from_before_closing_began_are_said_to_be(accounts: EmulatedAccounts) -> None:
    """Whoever has just closed the days reads why these still may change, and what closes them too."""
    today = (datetime.now(UTC) - LAG).date()  # in the first hour of a day the one before is not closed yet
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    first = min(month, today - timedelta(days=35))
    until = ("--to", str(today))
    accounts.ops("figures", "close")
    accounts.ops("figures", "rebuild", "--month", f"{month:%Y-%m}")

    early = accounts.ops("figures", "show", "--from", str(first - timedelta(days=1)), *until)
    closed = accounts.ops("figures", "show", "--from", str(first), *until)

    assert f"Closing began with {first}" in early.stderr
    assert "figures rebuild --month" in early.stderr
    assert f"Closed until {today - timedelta(days=1)}" in closed.stderr
    long_ago = accounts.ops("figures", "show", "--from", "2020-01-01", "--to", "2020-01-31")
    assert "None of these days is closed yet" in long_ago.stderr


def test_people_are_counted_by_the_currency_they_paid_in(accounts: EmulatedAccounts) -> None:
    """Two lines about one provider are distinguished by their currency."""
    accounts.paid()
    today = str(datetime.now(UTC).date())

    shown = accounts.ops("figures", "show", "--from", today, "--to", today, "--by", "provider").stdout

    people = shown.partition("enrollments by provider\n")[2]
    assert people.split()[:2] == ["provider", "currency"]
    assert any(line.split()[:2] == ["stripe", "USD"] for line in people.splitlines())


def test_days_in_the_wrong_order_are_refused(accounts: EmulatedAccounts) -> None:
    """With the sentence, and status 1."""
    result = accounts.ops("figures", "show", "--from", "2026-01-02", "--to", "2026-01-01")
    assert result.exit_code == 1
    assert "must not come after" in result.stderr


def test_the_ledger_goes_to_standard_output(accounts: EmulatedAccounts) -> None:
    """As comma-separated values, with nothing else between."""
    session = accounts.paid()
    today = datetime.now(UTC).date()
    result = accounts.ops("figures", "export", "--from", str(today - timedelta(days=1)), "--to", str(today))
    assert result.exit_code == 0
    rows = list(csv.DictReader(StringIO(result.stdout)))
    assert session.payment_session_id in [row["payment_session_id"] for row in rows]


def test_the_ledger_goes_to_programs(accounts: EmulatedAccounts) -> None:
    """One entry in each line, in minor units; days to come cost nothing, however many are named."""
    session = accounts.paid()
    before = len(accounts.emulated.faults.calls())
    yesterday = str(datetime.now(UTC).date() - timedelta(days=1))
    result = accounts.ops("figures", "export", "--from", yesterday, "--to", "9999-12-31", "--json")
    assert result.exit_code == 0
    assert len(accounts.emulated.faults.calls()) - before < 10
    entries = [json.loads(line) for line in result.stdout.splitlines()]
    [own] = [entry for entry in entries if entry["payment_session_id"] == session.payment_session_id]
    assert (own["kind"], own["amount"], own["currency"]) == ("sale", session.total.amount, "usd")
    assert datetime.fromisoformat(own["recorded_at"]).date().isoformat() == own["booked_on"]
