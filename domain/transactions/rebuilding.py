"""Transactions of rebuilding: what a restored table has lost is stored again. Pure functions from values to writes."""

from __future__ import annotations

from domain.audit import AuditRecord
from domain.coupons import Coupon
from domain.ledger import LedgerEntry, SchoolCalendar
from domain.payments.session import PaymentSession
from domain.transactions import bookkeeping
from domain.transactions.payments import Writes
from domain.transactions.writes import (
    AddAuditRecord,
    AddEnrollment,
    AddLedgerEntry,
    AddProviderReference,
    AddSession,
    HoldCouponUse,
    ReserveCoupon,
)


def rebuild(session: PaymentSession, coupon: Coupon | None, record: AuditRecord, calendar: SchoolCalendar) -> Writes:
    """T14: a completed session with its enrollment, sale, coupon use and provider reference."""
    return (
        AddSession(session),
        AddEnrollment(session.enrollment()),
        *_book(bookkeeping.sale(session, calendar, outcome="rebuilt", seat=1)),
        AddProviderReference(session),
        *_use(session, coupon),
        AddAuditRecord(record),
    )


def rebuild_in_review(session: PaymentSession, record: AuditRecord, calendar: SchoolCalendar) -> Writes:
    """T14 for a payment that a person must look at: nobody is enrolled."""
    return (
        AddSession(session),
        *_book(bookkeeping.sale(session, calendar, outcome=f"review:{session.review_reason}", seat=0)),
        AddProviderReference(session),
        AddAuditRecord(record),
    )


def restore(session: PaymentSession, record: AuditRecord) -> Writes:
    """A session whose sale is booked already, and its provider reference."""
    return (AddSession(session), AddProviderReference(session), AddAuditRecord(record))


def without_coupon(writes: Writes) -> Writes:
    """The same writes but for the use of a coupon, which cannot be counted again."""
    return tuple(write for write in writes if not isinstance(write, ReserveCoupon | HoldCouponUse))


def _use(session: PaymentSession, coupon: Coupon | None) -> Writes:
    held = session.coupon
    if held is None or coupon is None:
        return ()
    limit = coupon.shard_limit(held.shard)
    return (
        *(() if limit is None or not held.counted else (ReserveCoupon(held, limit, session.created_at),)),
        HoldCouponUse(session, held, redeemed=True),
    )


def _book(entry: LedgerEntry | None) -> Writes:
    return (AddLedgerEntry(entry),) if entry else ()
