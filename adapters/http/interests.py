"""Students who want to be told when a course opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.request_bodies import InterestRequest
from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import interest_body
from domain.ports.courses import CourseRepo
from domain.ports.interests import InterestRepo
from domain.use_cases.student.note_interest import NoteInterest

if TYPE_CHECKING:
    from adapters.http.response_bodies import CourseInterest


@frozen(kw_only=True)
class InterestViews:
    """/api/courses/{courseId}/interest."""

    note_interest: NoteInterest
    interests: InterestRepo
    courses: CourseRepo

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        one = "/api/courses/{courseId}/interest"
        router.add("GET", one, view=self.show)
        router.add("PUT", one, view=self.note, body=InterestRequest)

    def show(self, call: Call) -> Reply[CourseInterest]:
        """Whether the caller wants to be told when the course opens."""
        course = self.courses.get(course_id(call.params["courseId"])).course_id
        return Reply(body=interest_body(course, self.interests.find(call.caller.user_id, course)))

    def note(self, call: Call, body: InterestRequest) -> Reply[CourseInterest]:
        """Keep or forget it."""
        course = course_id(call.params["courseId"])
        kept = self.note_interest(call.caller.identity, course, interested=body.interested)
        return Reply(body=interest_body(course, kept))
