"""The caller's own record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.request_bodies.students import RenameRequest
from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import student_body
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.students import NewName
from domain.use_cases.student.rename_student import RenameStudent

if TYPE_CHECKING:
    from adapters.http.response_bodies import Student


@frozen(kw_only=True)
class StudentViews:
    """GET and PATCH /api/students/me."""

    get_or_create_student: GetOrCreateStudent
    rename: RenameStudent

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", "/api/students/me", view=self.show)
        router.add("PATCH", "/api/students/me", view=self.change, body=RenameRequest)

    def show(self, call: Call) -> Reply[Student]:
        """The caller, whose record is created at the first call."""
        return Reply(body=student_body(self.get_or_create_student(call.caller.identity)))

    def change(self, call: Call, body: RenameRequest) -> Reply[Student]:
        """The caller under a new name."""
        return Reply(body=student_body(self.rename(call.caller.identity, NewName(name=body.name))))
