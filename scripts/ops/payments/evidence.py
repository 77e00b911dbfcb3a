"""What a bank asks for when a payment is disputed: who bought what, when, for how much, and how it was used."""

from __future__ import annotations

from punq import Container

from domain.payments.session import PaymentSession
from domain.payments.states import PAID
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.students import StudentRepo
from scripts.ops.payments.comparison import Sections
from scripts.ops.terminal.rows import (
    ended_details,
    enrollment_details,
    money,
    money_details,
    progress_details,
    reversal_row,
    session_row,
)


def evidence(container: Container, session: PaymentSession, *, with_email: bool) -> Sections:
    """The evidence about one payment. The student is named by id; e-mail address and name only ``with_email``."""
    enrollments: EnrollmentRepo = container.resolve(EnrollmentRepo)
    active = enrollments.find(session.user_id, session.course_id)
    ended = enrollments.ended(session.user_id, session.course_id)
    used = active or (ended.enrollment if ended else None)
    reversals = container.resolve(ReversalRepo).of_session(session.user_id, session.payment_session_id)
    return {
        "payment": _payment(session),
        "money": money_details(session),
        "student": _student(container, session.user_id, with_email=with_email),
        "enrollment": enrollment_details(active),
        "ended enrollment": ended_details(ended),
        "use of the course": progress_details(used) if used else {},
        "refunds and disputes": [reversal_row(reversal) for reversal in reversals],
        "other payments of the student": _others(container, session),
    }


def _payment(session: PaymentSession) -> dict[str, object]:
    return {
        "session": session.payment_session_id,
        "checkout": session.provider_session_id,
        "payment": session.provider_payment_id,
        "course": session.course_id,
        "course_name": session.course_name,
        "list_price": money(session.quote.list_price),
        "charged": money(session.total),
        "coupon": session.coupon.code if session.coupon else None,
        "checkout_opened": session.created_at,
        "paid": session.completed_at,
        "livemode": session.livemode,
    }


def _student(container: Container, user_id: str, *, with_email: bool) -> dict[str, object]:
    student = container.resolve(StudentRepo).find(user_id)
    personal: dict[str, object] = {"email": student.email, "name": student.name} if student and with_email else {}
    return {"user": user_id, "student_since": student.created_at if student else None, **personal}


def _others(container: Container, session: PaymentSession) -> list[dict[str, object]]:
    """Banks ask whether a payment was made twice: every other one that was paid, newest first."""
    repo: PaymentSessionRepo = container.resolve(PaymentSessionRepo)
    paid = (one for one in repo.of_student(session.user_id) if one.status in PAID)
    return [session_row(one) for one in paid if one.payment_session_id != session.payment_session_id]
