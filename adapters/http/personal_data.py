"""What is stored about a person: taken out, and deleted; by themselves, and by the office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.errors import found_or
from adapters.http.learning_serializers import certificate_body
from adapters.http.office_serializers import coupon_use_body
from adapters.http.request_bodies.reasons import ReasonRequest
from adapters.http.request_bodies.students import DeletionRequest
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import enrollment_body, present, session_body, student_body
from adapters.settings import Settings
from adapters.timestamps import iso
from domain.audit import Authorship
from domain.errors import StudentNotFound
from domain.identifiers import is_id
from domain.use_cases.student.erase_student import EraseStudent
from domain.use_cases.student.export_student import ExportStudent, StudentExport

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies
    from domain.enrollments import EndedEnrollment
    from domain.payments.reversals import Reversal

_ME = "/api/students/me"
_STUDENT = "/api/admin/students/{userId}"


@frozen(kw_only=True)
class PersonalDataViews:
    """/api/students/me and /api/admin/students/{userId}: /export and /deletion."""

    export_student: ExportStudent
    erase_student: EraseStudent
    settings: Settings

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("POST", f"{_ME}/export", view=self.export_own)
        router.add("POST", f"{_ME}/deletion", view=self.delete_own, body=DeletionRequest)
        router.add("POST", f"{_STUDENT}/export", view=self.export, body=ReasonRequest, access=Access.OFFICE)
        router.add("POST", f"{_STUDENT}/deletion", view=self.delete, body=ReasonRequest, access=Access.OFFICE)

    def export_own(self, call: Call) -> Reply[bodies.StudentExport]:
        """Everything about the caller."""
        user_id = call.caller.user_id
        return Reply(body=export_body(self.export_student(user_id, _own(user_id, "Export by the student."))))

    def delete_own(self, call: Call, _body: DeletionRequest) -> Reply[bodies.Deletion]:
        """Delete the caller."""
        user_id = call.caller.user_id
        return Reply(body=self._deleted(user_id, _own(user_id, "Deletion by the student.")))

    def export(self, call: Call, body: ReasonRequest) -> Reply[bodies.StudentExport]:
        """Everything about a student, as they themselves would get it."""
        author = Authorship(by=call.caller.user_id, role=call.role, reason=body.reason)
        return Reply(body=export_body(self.export_student(_user_id(call), author)))

    def delete(self, call: Call, body: ReasonRequest) -> Reply[bodies.Deletion]:
        """Delete a student."""
        author = Authorship(by=call.caller.user_id, role=call.role, reason=body.reason)
        return Reply(body=self._deleted(_user_id(call), author))

    def _deleted(self, user_id: str, author: Authorship) -> bodies.Deletion:
        plan = self.erase_student(user_id, author)
        return {
            "userId": plan.user_id,
            "enrollmentsEnded": len(plan.enrollments),
            "paymentsKept": len(plan.payments),
            "signInDeleted": self.settings.delete_sign_ins == "yes",
        }


def export_body(export: StudentExport) -> bodies.StudentExport:
    """Everything about a student, but for who of the office did what, and ids at the payment provider."""
    history = export.history
    body: bodies.StudentExport = {
        "userId": export.user_id,
        "exportedAt": iso(export.at),
        "student": student_body(history.student) if history.student else None,
        "enrollments": [enrollment_body(one) for one in history.enrollments],
        "endedEnrollments": [_ending_body(one) for one in history.ended],
        "payments": [
            {
                "payment": session_body(one),
                "refunds": [_reversal_body(each) for each in history.reversals_of(one.payment_session_id)],
            }
            for one in history.sessions
        ],
        "coupons": [coupon_use_body(one) for one in history.coupons],
        "certificates": [certificate_body(one) for one in export.certificates],
        "interest": list(export.interest),
        "decisions": [
            {
                "action": one.action.value,
                "at": iso(one.at),
                "reason": one.reason,
                "before": {name: value for name, value in one.before.items() if name != "customers"},
                "after": dict(one.after),
            }
            for one in history.audit
        ],
        "complete": history.complete,
    }
    return present(body)


def _ending_body(ended: EndedEnrollment) -> bodies.ExportedEnding:
    body: bodies.ExportedEnding = {
        "enrollment": enrollment_body(ended.enrollment),
        "endedAt": iso(ended.ended_at),
        "cause": ended.cause.value,
        "reason": ended.reason or None,
    }
    return present(body)


def _reversal_body(reversal: Reversal) -> bodies.ExportedReversal:
    return {
        "kind": reversal.kind.value,
        "status": reversal.status.value,
        "amount": reversal.amount,
        "currency": reversal.currency,
        "at": iso(reversal.updated_at),
    }


def _own(user_id: str, reason: str) -> Authorship:
    return Authorship(by=user_id, reason=reason)


def _user_id(call: Call) -> str:
    user_id = call.params["userId"]
    return found_or(StudentNotFound, user_id if is_id(user_id) else None)
