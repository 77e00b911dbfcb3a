"""Payments, refunds, disputes, ledger entries and ended enrollments with sensible values, beside ``factories``."""

from __future__ import annotations

from typing import Any

from domain.audit import AuditAction, AuditRecord
from domain.enrollments import EndCause, EndedEnrollment, Enrollment
from domain.ledger import EntryKind, LedgerEntry
from domain.payments.reversals import DisputeStatus, RefundStatus, Reversal, ReversalKind, ReversedSums
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from tests.support.factories import NOW, PRICE, PROVIDER, a_session, an_enrollment, later


def a_paid_session(**changes: Any) -> PaymentSession:
    """A completed session of 149.99 usd, all of it kept."""
    given: dict[str, Any] = {
        "status": Status.COMPLETED,
        "provider_session_id": "cs_1",
        "provider_payment_id": "pi_1",
        "received": PRICE.amount,
        "received_currency": PRICE.currency,
        "completed_at": later(),
        "updated_at": later(),
        "due_at": None,
    }
    return a_session(**(given | changes))


def sums(**changes: int) -> ReversedSums:
    """What went back of a payment: nothing but what is named."""
    return ReversedSums(**changes)


def an_asked_refund(amount: int = 5_000, **changes: Any) -> Reversal:
    """A refund as the provider is asked for it: nothing but what it needs to know."""
    given: dict[str, Any] = {
        "user_id": "user-1",
        "payment_session_id": "ps_1",
        "reversal_id": "refund-1",
        "kind": ReversalKind.REFUND,
        "status": RefundStatus.REQUESTED,
        "amount": amount,
        "currency": "usd",
        "updated_at": NOW,
    }
    return Reversal(**(given | changes))


def a_refund(**changes: Any) -> Reversal:
    """A refund of ten dollars that was requested."""
    given: dict[str, Any] = {
        "amount": 1000,
        "note": "asked for",
        "requested_by": "admin-1",
        "requested_at": later(2),
        "updated_at": later(2),
    }
    return an_asked_refund(**(given | changes))


def a_dispute(**changes: Any) -> Reversal:
    """A dispute about everything, undecided and withdrawn."""
    given: dict[str, Any] = {
        "reversal_id": "du_1",
        "kind": ReversalKind.DISPUTE,
        "status": DisputeStatus.OPEN,
        "amount": PRICE.amount,
        "counted": PRICE.amount,
        "provider_reversal_id": "du_1",
        "reason": "fraudulent",
        "note": "",
        "requested_by": None,
        "requested_at": None,
    }
    return a_refund(**(given | changes))


def an_entry(**changes: Any) -> LedgerEntry:
    """The sale of ``a_paid_session``."""
    given: dict[str, Any] = {
        "provider": PROVIDER,
        "provider_payment_id": "pi_1",
        "entry_id": "SALE",
        "kind": EntryKind.SALE,
        "amount": PRICE.amount,
        "currency": "usd",
        "user_id": "user-1",
        "course_id": "course-1",
        "course_name": "AWS Cloud Mastery",
        "payment_session_id": "ps_1",
        "livemode": False,
        "booked_on": NOW.date(),
        "recorded_at": NOW,
        "seat": 1,
    }
    return LedgerEntry(**(given | changes))


def an_audit_record(**changes: Any) -> AuditRecord:
    """An administrator revoked an enrollment."""
    given: dict[str, Any] = {
        "audit_id": "au_1",
        "user_id": "user-1",
        "action": AuditAction.ENROLLMENT_REVOKED,
        "by": "admin-1",
        "at": later(3),
        "reason": "Shared the password.",
    }
    return AuditRecord(**(given | changes))


def an_ended(enrollment: Enrollment | None = None, **changes: Any) -> EndedEnrollment:
    """An enrollment that was revoked."""
    given: dict[str, Any] = {
        "enrollment": enrollment or an_enrollment(),
        "ended_at": later(10),
        "cause": EndCause.REVOKED,
        "ended_by": "admin-1",
    }
    return EndedEnrollment(**(given | changes))
