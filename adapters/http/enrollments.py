"""Enrolling, and what the caller is enrolled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.errors import found_or
from adapters.http.request_bodies.enrolling import EnrollRequest
from adapters.http.request_bodies.enrollments import ProgressRequest
from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import active_enrollment_body, enrollment_body, pending_enrollment_body, secrets_of
from adapters.settings import Settings
from domain.coupons import coupon_code
from domain.enrollment_requests import AwaitingPayment, CheckoutOptions, Enrolled
from domain.enrollments import ProgressStep
from domain.errors import EnrollmentNotFound
from domain.ports.enrollments import EnrollmentRepo
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.record_progress import RecordProgress
from domain.use_cases.student.resume_checkout import ResumeCheckout

if TYPE_CHECKING:
    from adapters.http.response_bodies import ActiveEnrollment, Enrollment, EnrollmentCheck, PendingEnrollment


@frozen(kw_only=True)
class EnrollmentViews:
    """/api/enrollments, with the aliases under /api/payments."""

    enroll: Enroll
    resume_checkout: ResumeCheckout
    record_progress: RecordProgress
    enrollments: EnrollmentRepo
    settings: Settings

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        both = ("/api/enrollments", "/api/payments/enrollments")
        router.add("POST", *both, view=self.create, body=EnrollRequest, renew=self.renew)
        router.add("GET", *both, view=self.index)
        router.add("GET", "/api/enrollments/check/{courseId}", view=self.check)
        router.add("GET", "/api/enrollments/{courseId}", "/api/payments/enrollments/course/{courseId}", view=self.show)
        router.add("PATCH", "/api/enrollments/{courseId}", view=self.advance, body=ProgressRequest)

    def create(self, call: Call, body: EnrollRequest) -> Reply[ActiveEnrollment | PendingEnrollment]:
        """Enroll the caller, or open a checkout: 201. The same enrollment or open checkout as before: 200."""
        options = CheckoutOptions(
            coupon_code=coupon_code(body.coupon_code) if body.coupon_code else None,
            referral=body.referral,
            provider=body.provider,
            ui_mode=body.ui_mode,
            return_url=self.settings.page(self.settings.return_path),
            cancel_url=self.settings.page(self.settings.cancel_path),
        )
        result = self.enroll(call.caller.identity, course_id(body.course_id), options)
        status = 201 if result.is_new else 200
        match result:
            case Enrolled():
                return Reply(status=status, body=active_enrollment_body(result))
            case AwaitingPayment():
                return Reply(status=status, body=pending_enrollment_body(result))

    def renew(self, call: Call, kept: Mapping[str, Any]) -> Mapping[str, Any]:
        """What shows the checkout of a kept answer to the caller."""
        return secrets_of(self.resume_checkout(call.caller.identity, kept["paymentSessionId"]))

    def index(self, call: Call) -> Reply[list[Enrollment]]:
        """The caller's enrollments, newest first."""
        return Reply(body=[enrollment_body(found) for found in self.enrollments.of_student(call.caller.user_id)])

    def check(self, call: Call) -> Reply[EnrollmentCheck]:
        """Whether the caller is in the course."""
        found = self.enrollments.find(call.caller.user_id, course_id(call.params["courseId"]))
        return Reply(body={"enrolled": found is not None})

    def show(self, call: Call) -> Reply[Enrollment]:
        """The caller's enrollment in the course."""
        found = self.enrollments.find(call.caller.user_id, course_id(call.params["courseId"]))
        return Reply(body=enrollment_body(found_or(EnrollmentNotFound, found)))

    def advance(self, call: Call, body: ProgressRequest) -> Reply[Enrollment]:
        """Record the caller's progress."""
        step = ProgressStep(
            progress=body.progress,
            current_lecture_id=body.current_lecture_id,
            completed_lectures=body.completed_lectures,
            completed_lecture_ids=tuple(body.completed_lecture_ids),
            time_spent_seconds=body.time_spent_seconds,
        )
        enrollment = self.record_progress(call.caller.user_id, course_id(call.params["courseId"]), step)
        return Reply(body=enrollment_body(enrollment))
