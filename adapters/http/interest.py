"""Who asks to be notified when a course opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.learning_serializers import interest_body
from adapters.http.paging import limit_and_cursor, page_of
from adapters.http.request_bodies.courses import InterestRequest
from adapters.http.routing import Access, Call, Reply, Router
from domain.audit import AuditAction, AuditSubject, Authorship
from domain.interest import checked_email
from domain.ports.interest import InterestRepo
from domain.use_cases.office.record_action import RecordAction
from domain.use_cases.student.register_interest import RegisterInterest

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies

_READ = "Read who asked to be notified about the course."


@frozen(kw_only=True)
class InterestViews:
    """/api/courses/{courseId}/interest for everybody, /api/admin/courses/{courseId}/interest for administrators."""

    register_interest: RegisterInterest
    interest: InterestRepo
    record_action: RecordAction

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        office = "/api/admin/courses/{courseId}/interest"
        public = "/api/courses/{courseId}/interest"
        router.add("POST", public, view=self.register, body=InterestRequest, access=Access.PUBLIC)
        router.add("GET", office, view=self.index, access=Access.OFFICE)
        router.add("POST", f"{office}/forget", view=self.forget, body=InterestRequest, access=Access.OFFICE)

    def register(self, call: Call, body: InterestRequest) -> Reply[bodies.InterestKept]:
        """Keep an e-mail address for a course that is coming soon."""
        address = call.client
        self.register_interest(course_id(call.params["courseId"]), body.email, address)
        return Reply(status=202, body={"kept": True})

    def index(self, call: Call) -> Reply[list[bodies.Interest]]:
        """A page of those who asked. Who reads the addresses is on record before they are shown."""
        limit, cursor = limit_and_cursor(call)
        course = course_id(call.params["courseId"])
        page = self.interest.page(course, limit=limit, cursor=cursor)
        if page.entries:
            author = Authorship(by=call.caller.user_id, role=call.role, reason=_READ)
            self.record_action(author, AuditAction.EMAIL_EXPORTED, AuditSubject(course_id=course))
        return page_of([interest_body(each) for each in page.entries], page.cursor)

    def forget(self, call: Call, body: InterestRequest) -> Reply[bodies.InterestKept]:
        """Forget an address; the same answer where it was never there."""
        self.interest.remove(course_id(call.params["courseId"]), checked_email(body.email))
        return Reply(body={"kept": False})
