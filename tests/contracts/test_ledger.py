"""The ledger and the audit records, in memory and in DynamoDB."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from attrs import evolve

from domain.audit import AuditAction
from domain.errors import InvalidValue
from domain.ledger import EntryKind, LedgerEntry
from domain.paging import every_page
from domain.transactions.conflicts import EntryExists
from domain.transactions.writes import AddAuditRecord, AddLedgerEntry
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, later
from tests.support.reversal_factories import an_audit_record, an_entry

DAY = NOW.date()

ENTRIES = [
    an_entry(),
    an_entry(
        list_amount=14_999,
        discount_amount=1_500,
        coupon_code="SPRING",
        event_id="evt_1",
        event_type="checkout.session.completed",
        outcome="completed",
        occurred_at=later(-5),
        livemode=True,
    ),
    an_entry(provider="none", provider_payment_id="ps_1", amount=0),
    an_entry(entry_id="REFUND#refund-1#2", kind=EntryKind.REFUND, amount=-1000, seat=-1, by="admin-1"),
    an_entry(entry_id="DISPUTE#du_1#3", kind=EntryKind.DISPUTE_RETURNED, amount=14_999, provider_reversal_id="du_1"),
    an_entry(
        entry_id="FEE#txn_1",
        kind=EntryKind.FEE,
        amount=0,
        seat=0,
        fee=465,
        net=14_534,
        settlement_currency="eur",
        available_on=DAY + timedelta(days=2),
    ),
    an_entry(entry_id="SEAT#au_1", kind=EntryKind.SEAT, amount=0, by="admin-1"),
]
FEE = next(entry for entry in ENTRIES if entry.kind is EntryKind.FEE)


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_is_read_as_it_was_booked(storage: Backend, entry: LedgerEntry) -> None:
    """Everything about it comes back, by its payment and by its day."""
    storage.commit(AddLedgerEntry(entry))
    assert storage.ledger.of_payment(entry.provider, entry.provider_payment_id) == (entry,)
    assert list(storage.ledger.booked(since=DAY, until=DAY)) == [entry]
    assert storage.ledger.sale(entry.provider, entry.provider_payment_id) == (
        entry if entry.kind is EntryKind.SALE else None
    )


@pytest.mark.parametrize("entry", ENTRIES)
def test_nothing_is_booked_twice(storage: Backend, entry: LedgerEntry) -> None:
    """A second entry under the same key is refused with the first, and one that stands alone is not made."""
    storage.commit(AddLedgerEntry(entry))
    (conflict,) = storage.conflicts(AddLedgerEntry(evolve(entry, amount=1, payment_session_id="ps_2")))
    assert isinstance(conflict, EntryExists)
    assert conflict.entry == entry
    assert not storage.ledger.add(evolve(entry, amount=1))
    assert storage.ledger.of_payment(entry.provider, entry.provider_payment_id) == (entry,)


def test_an_entry_may_stand_alone(storage: Backend) -> None:
    """The first under a key is booked, and says so."""
    assert storage.ledger.add(FEE)
    assert storage.ledger.of_payment("stripe", "pi_1") == (FEE,)


def test_the_entries_of_a_payment_come_by_their_ids_and_alone(storage: Backend) -> None:
    """Those of other payments and providers, however alike their ids, do not."""
    ids = ["SALE", "REFUND#b#1", "REFUND#a#2", "FEE#txn_1"]
    storage.commit(*(AddLedgerEntry(an_entry(entry_id=entry_id)) for entry_id in ids))
    storage.commit(AddLedgerEntry(an_entry(provider_payment_id="pi_10")), AddLedgerEntry(an_entry(provider="other")))
    assert [entry.entry_id for entry in storage.ledger.of_payment("stripe", "pi_1")] == sorted(ids)
    assert storage.ledger.sale("other", "pi_1") == an_entry(provider="other")


@pytest.mark.parametrize(
    ("provider", "payment_id"), [("stripe", "pi_2"), ("stripe", ""), ("", "pi_1"), ("#", "pi_1"), ("stripe", "pi_1#")]
)
def test_unknown_and_impossible_payments_are_not_booked(storage: Backend, provider: str, payment_id: str) -> None:
    """Nothing is found by an id that no provider gave."""
    storage.commit(AddLedgerEntry(an_entry()))
    assert storage.ledger.sale(provider, payment_id) is None
    assert storage.ledger.of_payment(provider, payment_id) == ()


def _booked(storage: Backend, since: date, until: date) -> list[str]:
    return [entry.provider_payment_id for entry in storage.ledger.booked(since=since, until=until)]


def test_entries_come_by_day_over_months_in_the_order_of_booking(storage: Backend) -> None:
    """From the first day to the last, both included, whatever months lie between."""
    days = {
        "pi_1": date(2025, 12, 31),
        "pi_2": date(2026, 1, 1),
        "pi_3": date(2026, 1, 31),
        "pi_4": date(2026, 2, 1),
        "pi_5": date(2026, 4, 30),
    }
    for payment_id, day in reversed(days.items()):
        storage.commit(AddLedgerEntry(an_entry(provider_payment_id=payment_id, booked_on=day)))
    assert _booked(storage, date(2025, 12, 31), date(2026, 4, 30)) == list(days)
    assert _booked(storage, date(2026, 1, 1), date(2026, 2, 1)) == ["pi_2", "pi_3", "pi_4"]
    assert _booked(storage, date(2026, 1, 2), date(2026, 1, 30)) == []
    assert _booked(storage, date(2026, 1, 31), date(2026, 1, 31)) == ["pi_3"]
    assert _booked(storage, date(2026, 2, 1), date(2026, 1, 1)) == []
    assert _booked(storage, date(2026, 4, 1), date(2026, 4, 30)) == ["pi_5"]
    assert _booked(storage, date(9999, 11, 30), date.max) == []


def test_entries_of_a_day_come_by_when_they_were_recorded(storage: Backend) -> None:
    """Then by payment, then by entry."""
    storage.commit(
        AddLedgerEntry(an_entry(provider_payment_id="pi_1", recorded_at=later(2))),
        AddLedgerEntry(an_entry(provider_payment_id="pi_3", recorded_at=later(1))),
        AddLedgerEntry(an_entry(provider_payment_id="pi_2", recorded_at=later(1))),
        AddLedgerEntry(an_entry(provider_payment_id="pi_2", recorded_at=later(1), entry_id="FEE#t")),
    )
    found = [(entry.provider_payment_id, entry.entry_id) for entry in storage.ledger.booked(since=DAY, until=DAY)]
    assert found == [("pi_2", "FEE#t"), ("pi_2", "SALE"), ("pi_3", "SALE"), ("pi_1", "SALE")]


def test_who_did_what_is_kept(storage: Backend) -> None:
    """Every record, with the fields that changed, in the order of time."""
    changed = {"barred": True, "amount": 1000, "note": None}
    storage.commit(AddAuditRecord(an_audit_record(audit_id="au_2", at=later(9), after=changed)))
    storage.commit(AddAuditRecord(an_audit_record(action=AuditAction.BAR_LIFTED, before={"cause": "disputed"})))
    first, second = storage.audit_records()
    assert first == {
        "auditId": "au_1",
        "userId": "user-1",
        "action": "bar_lifted",
        "by": "admin-1",
        "at": "2026-01-15T12:03:00.250Z",
        "reason": "Shared the password.",
        "before": {"cause": "disputed"},
        "after": {},
    }
    assert (second["auditId"], second["after"]) == ("au_2", changed)


def test_a_month_is_read_page_by_page(storage: Backend) -> None:
    """Every entry once and in the order of booking, across months; the last page has no cursor."""
    entries = [
        an_entry(
            provider_payment_id=f"pi_{number}",
            booked_on=date(2026, 1, 25) + timedelta(days=number),
            recorded_at=NOW + timedelta(days=number),
        )
        for number in range(11)
    ]
    for entry in entries:
        storage.ledger.add(entry)
    days = {"since": date(2026, 1, 26), "until": date(2026, 2, 3)}
    pages = [page.entries for page in every_page(lambda at: storage.ledger.page(**days, limit=3, cursor=at))]
    assert pages == [tuple(entries[1:4]), tuple(entries[4:7]), tuple(entries[7:10])]
    assert storage.ledger.page(**days, limit=9, cursor=None).cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "=", "after:", "after:-1", "TEVER0VSIzIwMjYtMDE", "MjAyMC0wMS0wMSM", "ü"])
def test_a_cursor_that_no_page_gave_is_refused(storage: Backend, cursor: str) -> None:
    """Nobody reads on in another month, or in another partition."""
    with pytest.raises(InvalidValue):
        storage.ledger.page(since=date(2026, 1, 26), until=date(2026, 2, 3), limit=3, cursor=cursor)
