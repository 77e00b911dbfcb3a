"""Figures: what the school took, gave back and paid in fees, who came and who left, and how many checkouts were paid.

Pure folds over ledger entries and payment sessions. A day's money is what was booked on it, so a day that is over never
changes; a checkout counts on the day when it was opened, and may be paid days later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from attrs import field, fields, frozen

from domain.ledger import EntryKind, LedgerEntry, SchoolCalendar
from domain.payments.session import PaymentSession
from domain.payments.states import PAID, Status

UNNAMED = "unknown"
"""The reason of a failed payment for which the provider gave none."""


class Dimension(StrEnum):
    """What figures can be grouped by. They are always grouped by currency too: amounts of two are never added."""

    DAY = "day"
    MONTH = "month"
    COURSE = "course"
    COUPON = "coupon"
    PROVIDER = "provider"
    CURRENCY = "currency"


@frozen(kw_only=True)
class FigureKey:
    """What a sum is about. ``coupon_code`` is None for what was sold without one."""

    day: date
    course_id: str
    coupon_code: str | None
    provider: str
    currency: str


@frozen(kw_only=True)
class Sums:
    """Sums of ledger entries; amounts in minor units of one currency.

    ``gross`` is what was received, after ``discounts``. ``refunds`` and ``disputes`` are what went back, less what came
    back of it; ``fees`` what the provider kept for itself, which is booked in the currency of the settlement.
    ``sales`` counts payments, ``coupon_uses`` sales with a coupon, ``enrollments`` students let in, ``ended`` those
    whose enrollment ended.
    """

    sales: int = 0
    gross: int = 0
    discounts: int = 0
    refunds: int = 0
    disputes: int = 0
    fees: int = 0
    enrollments: int = 0
    ended: int = 0
    coupon_uses: int = 0

    @property
    def net(self) -> int:
        """What is left of what was received."""
        return self.gross - self.refunds - self.disputes - self.fees

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(**{name: getattr(self, name) + getattr(other, name) for name in SUM_NAMES})


SUM_NAMES: tuple[str, ...] = tuple(one.name for one in fields(Sums))
NO_SUMS = Sums()
Figures = Mapping[FigureKey, Sums]


@frozen(kw_only=True)
class Funnel:
    """Checkouts of one course that were opened on one day: how many, how many of them are paid, and how many attempts
    failed, by the provider's reason. Every student counts once, however many checkouts they opened.
    """

    opened: int = 0
    paid: int = 0
    failed: Mapping[str, int] = field(factory=lambda: MappingProxyType({}))

    def plus(self, other: Funnel) -> Funnel:
        """Both together."""
        failed = Counter(self.failed)
        failed.update(other.failed)
        return Funnel(opened=self.opened + other.opened, paid=self.paid + other.paid, failed=dict(failed))


@frozen(kw_only=True)
class ClosedDay:
    """A day that is over: its figures, folded once and kept. ``funnels`` is by course, and may still grow."""

    day: date
    figures: Figures
    funnels: Mapping[str, Funnel]


def fold_entries(entries: Iterable[LedgerEntry]) -> dict[FigureKey, Sums]:
    """The sums of these entries. The order does not matter."""
    found: dict[FigureKey, Counter[str]] = {}
    for entry in entries:
        key = FigureKey(
            day=entry.booked_on,
            course_id=entry.course_id,
            coupon_code=entry.coupon_code,
            provider=entry.provider,
            currency=entry.currency,
        )
        found.setdefault(key, Counter()).update(_parts(entry))
    return {key: Sums(**parts) for key, parts in found.items()}


def fold_sessions(sessions: Iterable[PaymentSession], calendar: SchoolCalendar) -> dict[tuple[date, str], Funnel]:
    """How many checkouts were opened and paid, by the day when they were created."""
    opened: dict[tuple[date, str], set[str]] = {}
    paid: dict[tuple[date, str], set[str]] = {}
    failed: dict[tuple[date, str], dict[str, str]] = {}
    for session in sessions:
        if session.provider_session_id is None:
            continue
        key = calendar.date_of(session.created_at), session.course_id
        opened.setdefault(key, set()).add(session.user_id)
        if session.status in PAID:
            paid.setdefault(key, set()).add(session.user_id)
        if session.decline_code is not None or session.status is Status.FAILED:
            failed.setdefault(key, {})[session.payment_session_id] = session.decline_code or UNNAMED
    return {
        key: Funnel(
            opened=len(students),
            paid=len(paid.get(key, ())),
            failed=dict(Counter(failed.get(key, {}).values())),
        )
        for key, students in opened.items()
    }


@frozen(kw_only=True)
class FigureRow:
    """One line of a report: what it is grouped by, the currency, and the sums."""

    group: Mapping[Dimension, str | None]
    currency: str
    sums: Sums


def grouped(figures: Iterable[tuple[FigureKey, Sums]], by: tuple[Dimension, ...]) -> tuple[FigureRow, ...]:
    """The figures added up by these dimensions and by currency, in the order of both."""
    found: dict[tuple[str | None, ...], Sums] = {}
    for key, sums in figures:
        name = (*(_name(key, dimension) for dimension in by), key.currency)
        found[name] = found.get(name, NO_SUMS).plus(sums)
    rows = sorted(found.items(), key=lambda row: tuple(part or "" for part in row[0]))
    return tuple(
        FigureRow(group=dict(zip(by, names[:-1], strict=True)), currency=names[-1] or "", sums=sums)
        for names, sums in rows
    )


def funnels_by_course(funnels: Iterable[tuple[str, Funnel]]) -> dict[str, Funnel]:
    """The funnels of several days, added up by course."""
    found: dict[str, Funnel] = {}
    for course_id, funnel in funnels:
        found[course_id] = found.get(course_id, Funnel()).plus(funnel)
    return dict(sorted(found.items()))


def total(rows: Iterable[FigureRow]) -> dict[str, Sums]:
    """The sums of all rows, by currency."""
    found: dict[str, Sums] = {}
    for row in rows:
        found[row.currency] = found.get(row.currency, NO_SUMS).plus(row.sums)
    return found


def is_over(day: date, now: datetime, calendar: SchoolCalendar) -> bool:
    """Whether nothing more can be booked on this day: the moment is on a later one."""
    return day < calendar.date_of(now)


def _parts(entry: LedgerEntry) -> dict[str, int]:
    parts = {"enrollments": max(entry.seat, 0), "ended": max(-entry.seat, 0)}
    match entry.kind:
        case EntryKind.SALE:
            parts |= {
                "sales": int(entry.amount > 0),
                "gross": entry.amount,
                "discounts": entry.discount_amount or 0,
                "coupon_uses": int(entry.coupon_code is not None),
            }
        case EntryKind.REFUND | EntryKind.REFUND_FAILED | EntryKind.MANUAL_REFUND:
            parts["refunds"] = -entry.amount
        case EntryKind.DISPUTE | EntryKind.DISPUTE_RETURNED:
            parts["disputes"] = -entry.amount
        case EntryKind.FEE:
            parts["fees"] = -entry.amount
        case EntryKind.SEAT:
            pass
    return parts


def _name(key: FigureKey, dimension: Dimension) -> str | None:
    match dimension:
        case Dimension.DAY:
            return key.day.isoformat()
        case Dimension.MONTH:
            return key.day.isoformat()[:7]
        case Dimension.COURSE:
            return key.course_id
        case Dimension.COUPON:
            return key.coupon_code
        case Dimension.PROVIDER:
            return key.provider
        case Dimension.CURRENCY:
            return key.currency
