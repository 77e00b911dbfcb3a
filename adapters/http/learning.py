"""What comes with being in a course: the content of its lessons, and the certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.learning_serializers import certificate_body, lesson_content_body
from adapters.http.routing import Access, Call, Reply, Router
from domain.use_cases.student.certify_completion import IssueCertificate, VerifyCertificate
from domain.use_cases.student.open_lesson import OpenLesson

if TYPE_CHECKING:
    from adapters.http.response_bodies import Certificate, LessonContent


@frozen(kw_only=True)
class LearningViews:
    """Lessons and certificates."""

    open_lesson: OpenLesson
    issue_certificate: IssueCertificate
    verify_certificate: VerifyCertificate

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", "/api/courses/{courseId}/lessons/{lessonId}/content", view=self.content)
        router.add("POST", "/api/enrollments/{courseId}/certificate", view=self.certify)
        router.add("GET", "/api/certificates/{number}", view=self.verify, access=Access.PUBLIC)

    def content(self, call: Call) -> Reply[LessonContent]:
        """Where a lesson can be seen, for who is in its course."""
        found = self.open_lesson(call.caller.user_id, course_id(call.params["courseId"]), call.params["lessonId"])
        return Reply(body=lesson_content_body(found))

    def certify(self, call: Call) -> Reply[Certificate]:
        """The caller's certificate of a course that they completed, issued at the first call."""
        return Reply(
            body=certificate_body(self.issue_certificate(call.caller.identity, course_id(call.params["courseId"])))
        )

    def verify(self, call: Call) -> Reply[Certificate]:
        """What the certificate of this number says, for anybody who has the number."""
        return Reply(body=certificate_body(self.verify_certificate(call.params["number"].upper())))
