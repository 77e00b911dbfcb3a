"""Seats as the office sees and changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.enrolling_serializers import claim_body
from adapters.http.paging import limit_and_cursor, page_of
from adapters.http.request_bodies.courses import CapacityRequest
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import course_body
from domain.audit import Authorship
from domain.ports.courses import CourseRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.use_cases.office.manage_seats import SetCapacity

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies

_ONE = "/api/admin/courses/{courseId}"


@frozen(kw_only=True)
class AdminSeatViews:
    """/api/admin/courses/{courseId}/capacity and /waitlist."""

    courses: CourseRepo
    claims: SeatClaimRepo
    set_capacity: SetCapacity

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("PUT", f"{_ONE}/capacity", view=self.limit, body=CapacityRequest, access=Access.OFFICE)
        router.add("GET", f"{_ONE}/waitlist", view=self.index, access=Access.OFFICE)

    def limit(self, call: Call, body: CapacityRequest) -> Reply[bodies.Course]:
        """Change how many seats a course has."""
        author = Authorship(by=call.caller.user_id, role=call.role, reason=body.reason)
        return Reply(body=course_body(self.set_capacity(course_id(call.params["courseId"]), body.capacity, author)))

    def index(self, call: Call) -> Reply[list[bodies.SeatClaim]]:
        """A page of those for whom seats are held, the first to lapse first, and then of those who wait, in order."""
        limit, cursor = limit_and_cursor(call)
        course = self.courses.get(course_id(call.params["courseId"]))
        page = self.claims.of_course(course.course_id, limit=limit, cursor=cursor)
        return page_of([claim_body(claim) for claim in page.entries], page.cursor)
