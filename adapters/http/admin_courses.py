"""Who is in a course, for administrators."""

from __future__ import annotations

from attrs import frozen

from adapters.http.courses import LARGEST_PAGE, course_id, page_limit
from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import enrollment_shape
from domain.ports.enrollments import EnrollmentRepo


@frozen(kw_only=True)
class AdminCourseViews:
    """GET /api/admin/courses/{courseId}/enrollments."""

    enrollments: EnrollmentRepo

    def add_to(self, router: Router) -> None:
        """Put the view on its path."""
        router.add("GET", "/api/admin/courses/{courseId}/enrollments", view=self.students)

    def students(self, call: Call) -> Reply:
        """A page of the course's enrollments; a course that was taken down still has its students."""
        call.caller.require_admin()
        page = self.enrollments.of_course(
            course_id(call.params["courseId"]),
            limit=page_limit(call.query.get("limit", str(LARGEST_PAGE))),
            cursor=call.query.get("cursor"),
        )
        headers = {"X-Next-Cursor": page.cursor} if page.cursor else {}
        return Reply(body=[enrollment_shape(enrollment) for enrollment in page.enrollments], headers=headers)
