"""From what the domain knows to the bodies of responses that only the office gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.http.serializers import enrollment_body, person_body, present, session_body, student_body
from adapters.timestamps import iso
from domain.audit import AuditRecord
from domain.coupons import UsedCoupon
from domain.enrollments import EndedEnrollment
from domain.ledger import LedgerEntry
from domain.payments.reversals import DisputeState, PaymentState, RefundState, Reversal, ReversalKind
from domain.payments.session import PaymentSession
from domain.ports.student_histories import StudentHistory
from domain.school import School
from domain.services.refund_payment import RefundResult
from domain.use_cases.office.list_disputes import DisputedPayment
from domain.use_cases.office.show_payment import PaymentHistory

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies
    from domain.students import Student


def audit_body(record: AuditRecord) -> bodies.AuditRecord:
    """Who changed what, when and why."""
    body: bodies.AuditRecord = {
        "auditId": record.audit_id,
        "action": record.action.value,
        "by": record.by,
        "role": record.role.value if record.role else None,
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
        "reviewSince": iso(session.updated_at) if session.awaits_decision else None,
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
        "source": session.source,
        "referral": session.referral,
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


def listed_payment_body(session: PaymentSession, student: Student | None) -> bodies.ListedPayment:
    """A payment with the name and address of whose it is, where there is one."""
    body: bodies.ListedPayment = {**payment_body(session), **person_body(student)}
    return present(body)


def refund_body(reversal: Reversal) -> bodies.Refund:
    """A refund, repayment or dispute as it stands."""
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
        "respondBy": iso(reversal.respond_by) if reversal.respond_by else None,
    }
    return present(body)


def disputed_payment_body(disputed: DisputedPayment, student: Student | None) -> bodies.DisputedPayment:
    """A payment, whose it is, and a dispute about it."""
    return {
        "payment": listed_payment_body(disputed.session, student),
        "dispute": refund_body(disputed.dispute),
    }


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


def sales_body(school: School) -> bodies.Sales:
    """Whether the whole school is closed for new enrollments."""
    body: bodies.Sales = {
        "closed": school.sales_closed,
        "reason": school.reason or None,
        "by": school.by or None,
        "at": iso(school.at) if school.at else None,
    }
    return present(body)


def coupon_use_body(use: UsedCoupon) -> bodies.CouponUse:
    """A student's one use of a coupon."""
    return {
        "code": use.code,
        "courseId": use.course_id,
        "paymentSessionId": use.payment_session_id,
        "redeemed": use.redeemed,
        "usedAt": iso(use.at),
    }


def history_body(history: StudentHistory) -> bodies.StudentHistory:
    """Everything about one student."""
    body: bodies.StudentHistory = {
        "student": student_body(history.student) if history.student else None,
        "enrollments": [enrollment_body(one) for one in history.enrollments],
        "endedEnrollments": [ended_enrollment_body(one) for one in history.ended],
        "payments": [
            {
                "payment": payment_body(session),
                "refunds": [refund_body(one) for one in history.reversals_of(session.payment_session_id)],
            }
            for session in history.sessions
        ],
        "coupons": [coupon_use_body(use) for use in history.coupons],
        "audit": [audit_body(record) for record in history.audit],
        "complete": history.complete,
    }
    return present(body)


def payment_history_body(history: PaymentHistory) -> bodies.PaymentHistory:
    """Everything about one payment, beside what its provider says now."""
    body: bodies.PaymentHistory = {
        "payment": payment_body(history.session),
        "refunds": [refund_body(one) for one in history.reversals],
        "ledger": [_entry_body(entry) for entry in history.entries],
        "enrollment": enrollment_body(history.enrollment) if history.enrollment else None,
        "endedEnrollment": ended_enrollment_body(history.ended) if history.ended else None,
        "atProvider": _at_provider(history),
    }
    return present(body)


def _entry_body(entry: LedgerEntry) -> bodies.LedgerEntry:
    body: bodies.LedgerEntry = {
        "entryId": entry.entry_id,
        "kind": entry.kind.value,
        "amount": entry.amount,
        "currency": entry.currency,
        "bookedOn": entry.booked_on.isoformat(),
        "recordedAt": iso(entry.recorded_at),
        "seat": entry.seat,
        "outcome": entry.outcome,
        "by": entry.by,
        "fee": entry.fee,
        "net": entry.net,
        "settlementCurrency": entry.settlement_currency,
    }
    return present(body)


def _at_provider(history: PaymentHistory) -> bodies.AtProvider | None:
    state, checkout, problem = history.state, history.checkout, history.problem
    if state is None and checkout is None and problem is None:
        return None
    body: bodies.AtProvider = {
        "received": state.received if state else None,
        "receivedCurrency": state.currency if state else None,
        "reversals": _provider_reversals(state) if state else [],
        "checkoutStatus": checkout.event.kind.value if checkout else None,
        "problem": problem.code if problem else None,
    }
    return present(body)


def _provider_reversals(state: PaymentState) -> list[bodies.ProviderReversal]:
    refunds: list[tuple[ReversalKind, RefundState | DisputeState, int]] = [
        (ReversalKind.REFUND, one, one.counted) for one in state.refunds
    ]
    disputes = [(ReversalKind.DISPUTE, one, one.withdrawn) for one in state.disputes]
    found: list[bodies.ProviderReversal] = [
        {
            "providerReversalId": one.provider_reversal_id,
            "kind": kind.value,
            "status": one.status.value,
            "amount": one.amount,
            "counted": counted,
            "currency": one.currency,
            "reason": one.reason,
            "respondBy": iso(one.respond_by) if isinstance(one, DisputeState) and one.respond_by else None,
        }
        for kind, one, counted in (*refunds, *disputes)
    ]
    return [present(one) for one in found]
