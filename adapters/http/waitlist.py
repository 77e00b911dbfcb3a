"""Waiting for a seat of a course that is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.enrolling_serializers import place_body
from adapters.http.routing import Call, Reply, Router
from domain.use_cases.student.wait_for_seat import JoinLine, LeaveLine, ShowPlaceInLine

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies

_PATH = "/api/courses/{courseId}/waitlist"


@frozen(kw_only=True)
class WaitlistViews:
    """/api/courses/{courseId}/waitlist, for the caller alone."""

    show_place: ShowPlaceInLine
    join_line: JoinLine
    leave_line: LeaveLine

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", _PATH, view=self.show)
        router.add("POST", _PATH, view=self.join)
        router.add("DELETE", _PATH, view=self.leave)

    def show(self, call: Call) -> Reply[bodies.PlaceInLine]:
        """Where the caller stands."""
        return Reply(body=place_body(self.show_place(call.caller.user_id, course_id(call.params["courseId"]))))

    def join(self, call: Call) -> Reply[bodies.PlaceInLine]:
        """Join the line: 201. In it, or with a seat held, already: 200."""
        place = self.join_line(call.caller.identity, course_id(call.params["courseId"]))
        return Reply(status=201 if place.is_new else 200, body=place_body(place))

    def leave(self, call: Call) -> Reply[bodies.PlaceInLine]:
        """Leave the line, or give the seat back that is held. The same answer for who was not in it."""
        return Reply(body=place_body(self.leave_line(call.caller.user_id, course_id(call.params["courseId"]))))
