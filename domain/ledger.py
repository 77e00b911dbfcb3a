"""The ledger: immutable entries about money that moved and seats that were taken or given back.

An entry is written in the transaction that settles what it is about. It is booked on the day, in the school's time
zone, on which we recorded it, and never changes. Late money is therefore booked late, and a month that is over stays as
it is.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from attrs import field, frozen
from attrs.validators import in_

NO_PROVIDER = "none"
"""The provider of an entry about an enrollment for which nothing was charged."""


class EntryKind(StrEnum):
    """What an entry is about. Amounts are signed: money in is positive, money out is negative."""

    SALE = "sale"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    MANUAL_REFUND = "manual_refund"
    DISPUTE = "dispute"
    DISPUTE_RETURNED = "dispute_returned"
    FEE = "fee"
    SEAT = "seat"


@frozen
class SchoolCalendar:
    """When the school's days begin."""

    zone: tzinfo = UTC

    def date_of(self, at: datetime) -> date:
        """The school's date at this moment."""
        return at.astimezone(self.zone).date()


@frozen(kw_only=True)
class LedgerEntry:
    """One entry of the ledger, never changed: money that moved, or a seat that was taken or given back.

    ``provider`` and ``provider_payment_id`` name the payment; where nothing was charged they are ``none`` and our own
    payment session id, or the enrollment's key where there is no payment session either. ``entry_id`` names the entry
    among those of one payment: ``SALE``, ``REFUND#{reversal}#{n}``, ``DISPUTE#{reversal}#{n}``, ``SEAT#{id}``,
    ``FEE#{transaction}``. ``amount`` is signed, in minor units of ``currency``. ``seat`` is +1 where the entry lets
    somebody into the course, -1 where it ends an enrollment: the sum of a course's seats is its active enrollments.
    ``payment_session_id`` is empty where there is none, ``livemode`` False where no provider took part.
    """

    provider: str
    provider_payment_id: str
    entry_id: str
    kind: EntryKind
    amount: int
    currency: str
    list_amount: int | None = None
    discount_amount: int | None = None
    coupon_code: str | None = None
    user_id: str
    course_id: str
    course_name: str
    payment_session_id: str
    event_id: str | None = None
    event_type: str | None = None
    outcome: str | None = None
    livemode: bool
    booked_on: date
    recorded_at: datetime
    occurred_at: datetime | None = None
    by: str | None = None
    seat: int = field(default=0, validator=in_((-1, 0, 1)))
    provider_reversal_id: str | None = None
    fee: int | None = None
    net: int | None = None
    settlement_currency: str | None = None
    available_on: date | None = None
