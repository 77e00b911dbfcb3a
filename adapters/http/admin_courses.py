"""Who is in a course, for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.paging import limit_and_cursor, page_of
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import enrollment_body
from domain.ports.enrollments import EnrollmentRepo

if TYPE_CHECKING:
    from adapters.http.response_bodies import Enrollment


@frozen(kw_only=True)
class AdminCourseViews:
    """GET /api/admin/courses/{courseId}/enrollments."""

    enrollments: EnrollmentRepo

    def add_to(self, router: Router) -> None:
        """Put the view on its path."""
        router.add("GET", "/api/admin/courses/{courseId}/enrollments", view=self.students, access=Access.OFFICE)

    def students(self, call: Call) -> Reply[list[Enrollment]]:
        """A page of the course's enrollments; a course that is no longer offered still has its students."""
        limit, cursor = limit_and_cursor(call)
        page = self.enrollments.of_course(course_id(call.params["courseId"]), limit=limit, cursor=cursor)
        return page_of([enrollment_body(enrollment) for enrollment in page.enrollments], page.cursor)
