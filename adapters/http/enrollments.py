"""Enrolling, and what the caller is enrolled in."""

from __future__ import annotations

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.request_bodies import EnrollBody, ProgressBody
from adapters.http.request_parsing import read_body
from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import enrollment_shape, pending_shape
from adapters.settings import Settings
from domain.coupons import coupon_code
from domain.enrollment_requests import CheckoutOptions, Enrolled
from domain.enrollments import ProgressStep
from domain.errors import EnrollmentNotFound
from domain.ports.enrollments import EnrollmentRepo
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.record_progress import RecordProgress


@frozen(kw_only=True)
class EnrollmentViews:
    """/api/enrollments, with the aliases under /api/payments."""

    enroll: Enroll
    record_progress: RecordProgress
    enrollments: EnrollmentRepo
    settings: Settings

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("POST", "/api/enrollments", "/api/payments/enrollments", view=self.create)
        router.add("GET", "/api/enrollments", "/api/payments/enrollments", view=self.index)
        router.add("GET", "/api/enrollments/check/{courseId}", view=self.check)
        router.add("GET", "/api/enrollments/{courseId}", "/api/payments/enrollments/course/{courseId}", view=self.show)
        router.add("PATCH", "/api/enrollments/{courseId}", view=self.advance)

    def create(self, call: Call) -> Reply:
        """Enroll at once, or open the checkout; 200 where it was so before."""
        identity = call.caller.identity
        body = read_body(call.body, call.headers, EnrollBody)
        options = CheckoutOptions(
            coupon_code=coupon_code(body.coupon_code) if body.coupon_code else None,
            source=body.source,
            return_url=self.settings.page(self.settings.return_path),
            cancel_url=self.settings.page(self.settings.cancel_path),
        )
        answer = self.enroll(identity, course_id(body.course_id), options)
        status = 201 if answer.is_new else 200
        if isinstance(answer, Enrolled):
            return Reply(status=status, body={"enrollment": enrollment_shape(answer.enrollment), "status": "active"})
        return Reply(status=status, body=pending_shape(answer))

    def index(self, call: Call) -> Reply:
        """The caller's enrollments, newest first."""
        return Reply(body=[enrollment_shape(found) for found in self.enrollments.of_student(call.caller.user_id)])

    def check(self, call: Call) -> Reply:
        """Whether the caller is in the course."""
        found = self.enrollments.find(call.caller.user_id, course_id(call.params["courseId"]))
        return Reply(body={"enrolled": found is not None})

    def show(self, call: Call) -> Reply:
        """The caller's enrollment in the course."""
        found = self.enrollments.find(call.caller.user_id, course_id(call.params["courseId"]))
        if found is None:
            raise EnrollmentNotFound
        return Reply(body=enrollment_shape(found))

    def advance(self, call: Call) -> Reply:
        """Keep how far the caller has come."""
        user_id = call.caller.user_id
        body = read_body(call.body, call.headers, ProgressBody)
        step = ProgressStep(
            progress=body.progress,
            current_lecture_id=body.current_lecture_id,
            completed_lectures=body.completed_lectures,
            time_spent_seconds=body.time_spent_seconds,
        )
        return Reply(body=enrollment_shape(self.record_progress(user_id, course_id(call.params["courseId"]), step)))
