"""The keys of ledger entries and audit records, as ``keys`` has those of everything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from adapters.dynamodb import keys
from adapters.dynamodb.keys import Key
from adapters.timestamps import iso

AUDIT = "AUDIT#"
_MONEY = "MONEY#"
_LAST = "~"  # sorts after whatever follows the day in a key


def entry(provider: str, provider_payment_id: str, entry_id: str) -> Key:
    """A ledger entry, under the payment that it is about."""
    return Key(entries_of(provider, provider_payment_id), _entry(entry_id))


def entries_of(provider: str, provider_payment_id: str) -> str:
    """Every ledger entry about one payment lives here."""
    return f"{_MONEY}{keys.checked(provider)}#{keys.checked_foreign(provider_payment_id)}"


def payment_in(entry: Mapping[str, object]) -> tuple[str, str]:
    """The provider, and its id of the payment, that a ledger entry is stored under."""
    provider, _, provider_payment_id = str(entry["PK"]).removeprefix(_MONEY).partition("#")
    return provider, provider_payment_id


def entry_index(key: Key, booked_on: date, recorded_at: datetime) -> dict[str, str]:
    """Where the index has a ledger entry: in the month of its booking, in the order of booking."""
    _, provider_payment_id = payment_in(key.attributes)
    return keys.index_entry(
        f"LEDGER#{booked_on.isoformat()[:7]}",
        f"{booked_on.isoformat()}#{iso(recorded_at)}#{provider_payment_id}#{key.sk}",
    )


def booked_between(since: date, until: date) -> Iterator[tuple[str, str, str]]:
    """The partitions of the index that hold the entries booked in these days, with the first and last sort key."""
    first, last = since.isoformat(), f"{until.isoformat()}{_LAST}"  # a key is longer than its day alone
    for month in keys.months(since, until):
        yield f"LEDGER#{month}", first, last


def audit_record(partition: str, at: datetime, audit_id: str) -> Key:
    """The record of something that was done about a student, coupon or course, whose partition this is; or about the
    school.
    """
    return Key(partition, f"{AUDIT}{iso(at)}#{keys.checked(audit_id)}")


def audit_index(at: datetime, audit_id: str) -> dict[str, str]:
    """Where the index has an audit record: in its month, by when."""
    return keys.index_entry(audit_month(at.astimezone(UTC).date()), f"{iso(at)}#{keys.checked(audit_id)}")


def audit_month(month: date) -> str:
    """The partition of the index that has the audit records of the month that this day lies in."""
    return f"{AUDIT}{month.isoformat()[:7]}"


def _entry(entry_id: str) -> str:
    # The only ids with a # in them: what kind of entry it is, and what distinguishes it.
    for part in entry_id.split("#"):
        keys.checked_foreign(part)
    return entry_id
