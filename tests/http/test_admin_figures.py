"""Figures over HTTP."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from io import StringIO

import pytest
from attrs import field, frozen

from adapters.memory.ledger import MemoryLedgerRepo
from domain.ledger import LedgerEntry
from domain.paging import Page
from domain.ports.ledger import LedgerRepo
from tests.support.factories import NOW
from tests.support.http.http_school import ADA, SAM, HttpSchool

DAY = NOW.date().isoformat()
PATH = "/api/admin/figures"


@pytest.fixture
def school() -> HttpSchool:
    """A student has paid, and got a part of it back."""
    made = HttpSchool()
    assert made.receive(made.provider.pay(made.start())).status == 200
    refund = {"reason": "one module was cancelled", "amount": 5_000}
    assert made.put("/api/admin/payments/ps_000001/refunds/r-1", refund, who=ADA).status == 200
    return made


def test_the_office_sees_what_came_and_what_went(school: HttpSchool) -> None:
    """By course, and in total; the day is not closed yet."""
    answer = school.get(f"{PATH}?from={DAY}&to={DAY}&by=day,course", who=ADA)
    assert answer.status == 200
    sums = {
        "currency": "usd",
        "sales": 1,
        "gross": 14_999,
        "discounts": 0,
        "refunds": 5_000,
        "disputes": 0,
        "fees": 0,
        "net": 9_999,
        "enrollments": 1,
        "ended": 0,
        "couponUses": 0,
    }
    assert answer.body == {
        "since": DAY,
        "until": DAY,
        "rows": [{"day": DAY, "courseId": "course-1", **sums}],
        "totals": [sums],
        "checkouts": [{"courseId": "course-1", "opened": 1, "paid": 1, "failed": []}],
    }


def test_the_other_address_answers_the_same(school: HttpSchool) -> None:
    """And without ``by`` rows are by month."""
    query = f"?from={DAY}&to={DAY}"
    answer = school.get(f"/api/admin/analytics{query}", who=ADA)
    assert answer.body == school.get(f"{PATH}{query}", who=ADA).body
    assert [row["month"] for row in answer.body["rows"]] == [DAY[:7]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        f"?from={DAY}",
        f"?from={DAY}&to=tomorrow",
        f"?from={DAY}&to=20260115",
        f"?from={DAY}&to=2026-W03-4",
        f"?from={DAY}&to={NOW.date() - timedelta(days=1)}",
        f"?from={DAY}&to={NOW.date() + timedelta(days=400)}",
        "?from=0001-01-01&to=9999-12-31",
        "?from=0001-01-01&to=0001-01-01",
        f"?from={DAY}&to={DAY}&by=weekday",
        f"?from={DAY}&to={DAY}&by=day,day",
        f"?from={DAY}&to={DAY}&by=",
    ],
)
def test_what_cannot_be_reported_is_refused(school: HttpSchool, query: str) -> None:
    """With a sentence that names what is wrong."""
    answer = school.get(f"{PATH}{query}", who=ADA)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert answer.body["error"]


def test_the_end_of_all_days_is_no_fault_of_ours(school: HttpSchool) -> None:
    """The last day there is can be asked for."""
    assert school.get(f"{PATH}?from=9999-12-31&to=9999-12-31", who=ADA).status == 200


def test_students_see_no_figures(school: HttpSchool) -> None:
    """Nor does anybody who is not signed in."""
    query = f"?from={DAY}&to={DAY}"
    assert school.get(f"{PATH}{query}", who=SAM).status == 403
    assert school.get(f"{PATH}{query}", who=None).status == 401


def test_bookkeepers_take_the_ledger_along(school: HttpSchool) -> None:
    """A file with a line for the sale and one for the refund."""
    answer = school.get(f"{PATH}/ledger.csv?from={DAY}&to={DAY}", who=ADA)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="ledger-{DAY}-{DAY}.csv"'
    assert "x-next-cursor" not in answer.headers
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert sorted((row["kind"], row["gross"]) for row in rows) == [("refund", "-50.00"), ("sale", "149.99")]
    assert "sam@" not in answer.text


@pytest.mark.parametrize("query", [f"?from={DAY}", f"?from={DAY}&to={DAY}&cursor=nonsense"])
def test_a_file_that_cannot_be_made_is_refused(school: HttpSchool, query: str) -> None:
    """As JSON, with a sentence."""
    answer = school.get(f"{PATH}/ledger.csv{query}", who=ADA)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


@frozen
class AskedLedger(MemoryLedgerRepo):
    """Notes which days it is asked for."""

    asked: list[tuple[date, date]] = field(factory=list)

    def page(self, *, since: date, until: date, limit: int, cursor: str | None) -> Page[LedgerEntry]:
        """As in memory."""
        self.asked.append((since, until))
        return MemoryLedgerRepo.page(self, since=since, until=until, limit=limit, cursor=cursor)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?from=0001-01-01&to=9999-12-31", 2),
        ("?from=9999-12-31&to=9999-12-31", 0),
        ("?from=0001-01-01&to=1999-12-31", 0),
    ],
)
def test_all_of_the_ledger_can_be_asked_for(school: HttpSchool, query: str, found: int) -> None:
    """Of days before the first and of days to come nothing is read, however many were named."""
    ledger = AskedLedger(school.store)
    school.container.register(LedgerRepo, instance=ledger)
    answer = school.get(f"{PATH}/ledger.csv{query}", who=ADA)
    assert (answer.status, len(list(csv.DictReader(StringIO(answer.text))))) == (200, found)
    last = NOW.date() + timedelta(days=1)  # a school's day may be ahead of ours
    assert ledger.asked == ([(date(2000, 1, 1), last)] if found else [])


def test_a_ledger_backwards_is_refused(school: HttpSchool) -> None:
    """Wherever the days lie."""
    for since, until in (("2026-01-02", "2026-01-01"), ("9999-12-31", "9999-12-30"), ("0001-01-02", "0001-01-01")):
        assert school.get(f"{PATH}/ledger.csv?from={since}&to={until}", who=ADA).status == 400
