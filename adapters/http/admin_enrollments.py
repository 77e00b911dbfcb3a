"""Enrollments as the office changes them: given, ended, given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.errors import found_or
from adapters.http.office_serializers import ended_enrollment_body
from adapters.http.request_bodies.enrollments import RevokeRequest
from adapters.http.request_bodies.reasons import ReasonRequest
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import enrollment_body
from domain.errors import StudentNotFound
from domain.identifiers import is_id
from domain.use_cases.office.manage_enrollments import (
    EnrollmentOrder,
    GrantEnrollment,
    LiftBar,
    ReinstateEnrollment,
    RevokeEnrollment,
)

if TYPE_CHECKING:
    from adapters.http.response_bodies import EndedEnrollment, Enrollment

_ONE = "/api/admin/students/{userId}/enrollments/{courseId}"


@frozen(kw_only=True)
class AdminEnrollmentViews:
    """/api/admin/students/{userId}/enrollments, for administrators."""

    grant_enrollment: GrantEnrollment
    revoke_enrollment: RevokeEnrollment
    reinstate_enrollment: ReinstateEnrollment
    lift_bar: LiftBar

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("PUT", _ONE, view=self.grant, body=ReasonRequest, access=Access.OFFICE)
        router.add("POST", f"{_ONE}/revoke", view=self.revoke, body=RevokeRequest, access=Access.OFFICE)
        router.add("POST", f"{_ONE}/reinstate", view=self.reinstate, body=ReasonRequest, access=Access.OFFICE)
        router.add("POST", f"{_ONE}/unbar", view=self.unbar, body=ReasonRequest, access=Access.OFFICE)

    def grant(self, call: Call, body: ReasonRequest) -> Reply[Enrollment]:
        """Enroll a student without a payment."""
        return Reply(body=enrollment_body(self.grant_enrollment(_order(call, body.reason))))

    def revoke(self, call: Call, body: RevokeRequest) -> Reply[EndedEnrollment]:
        """End a student's enrollment; what was paid for it is kept."""
        return Reply(body=ended_enrollment_body(self.revoke_enrollment(_order(call, body.reason), bar=body.bar)))

    def reinstate(self, call: Call, body: ReasonRequest) -> Reply[Enrollment]:
        """Give an ended enrollment back."""
        return Reply(body=enrollment_body(self.reinstate_enrollment(_order(call, body.reason))))

    def unbar(self, call: Call, body: ReasonRequest) -> Reply[EndedEnrollment]:
        """Let a student enroll in the course again."""
        return Reply(body=ended_enrollment_body(self.lift_bar(_order(call, body.reason))))


def _order(call: Call, reason: str) -> EnrollmentOrder:
    user_id = call.params["userId"]
    return EnrollmentOrder(
        user_id=found_or(StudentNotFound, user_id if is_id(user_id) else None),
        course_id=course_id(call.params["courseId"]),
        by=call.caller.user_id,
        role=call.role,
        reason=reason.strip(),
    )
