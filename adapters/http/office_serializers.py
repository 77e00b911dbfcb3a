"""From what the domain knows to the bodies of responses that only the office gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.http.serializers import enrollment_body, present, session_body
from adapters.timestamps import iso
from domain.audit import AuditRecord
from domain.enrollments import EndedEnrollment
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.services.refund_payment import RefundResult

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies


def audit_body(record: AuditRecord) -> bodies.AuditRecord:
    """Who changed what, when and why."""
    body: bodies.AuditRecord = {
        "auditId": record.audit_id,
        "action": record.action.value,
        "by": record.by,
        "at": iso(record.at),
        "reason": record.reason,
        "userId": record.user_id,
        "couponCode": record.coupon_code,
        "courseId": record.course_id,
        "before": dict(record.before),
        "after": dict(record.after),
    }
    return present(body)


def review_body(session: PaymentSession) -> bodies.PaymentInReview:
    """A payment in review, with why and since when; once decided, what was decided."""
    decided = session.resolution
    body: bodies.PaymentInReview = {
        **session_body(session),
        "reviewReason": session.review_reason.value if session.review_reason else None,
        "reviewSince": None if decided else iso(session.updated_at),
        "resolution": decided.kind.value if decided else None,
        "resolvedBy": decided.by if decided else None,
        "resolvedAt": iso(decided.at) if decided else None,
        "resolutionNote": (decided.note or None) if decided else None,
    }
    return present(body)


def payment_body(session: PaymentSession) -> bodies.Payment:
    """A payment as the office sees it, with what really came in and what went back."""
    sums = session.reversed_sums
    body: bodies.Payment = {
        **review_body(session),
        "received": session.received,
        "receivedCurrency": session.received_currency,
        "kept": session.kept if session.received is not None else None,
        "refunded": sums.refunded,
        "repaid": sums.repaid,
        "refundRequested": sums.refund_requested,
        "disputed": sums.disputed,
        "chargedBack": sums.charged_back,
    }
    return present(body)


def refund_body(reversal: Reversal) -> bodies.Refund:
    """A refund or repayment as it stands."""
    body: bodies.Refund = {
        "refundId": reversal.reversal_id,
        "kind": reversal.kind.value,
        "status": reversal.status.value,
        "amount": reversal.amount,
        "currency": reversal.currency,
        "reason": reversal.note or None,
        "providerReason": reversal.reason,
        "providerRefundId": reversal.provider_reversal_id,
        "requestedBy": reversal.requested_by,
        "requestedAt": iso(reversal.requested_at) if reversal.requested_at else None,
    }
    return present(body)


def refund_result_body(result: RefundResult) -> bodies.RefundResult:
    """A refund and the payment that it belongs to."""
    return {"refund": refund_body(result.refund), "payment": payment_body(result.session)}


def ended_enrollment_body(ended: EndedEnrollment) -> bodies.EndedEnrollment:
    """An enrollment that ended, and why."""
    body: bodies.EndedEnrollment = {
        "enrollment": enrollment_body(ended.enrollment),
        "endedAt": iso(ended.ended_at),
        "cause": ended.cause.value,
        "endedBy": ended.ended_by,
        "reason": ended.reason or None,
        "barred": ended.barred,
    }
    return present(body)
