"""The caller's own record."""

from __future__ import annotations

from attrs import frozen

from adapters.http.request_bodies import RenameBody
from adapters.http.request_parsing import read_body
from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import student_shape
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.students import NewName
from domain.use_cases.student.rename_student import RenameStudent


@frozen(kw_only=True)
class StudentViews:
    """GET and PATCH /api/students/me."""

    get_or_create_student: GetOrCreateStudent
    rename: RenameStudent

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", "/api/students/me", view=self.show)
        router.add("PATCH", "/api/students/me", view=self.change)

    def show(self, call: Call) -> Reply:
        """The caller."""
        return Reply(body=student_shape(self.get_or_create_student(call.caller.identity)))

    def change(self, call: Call) -> Reply:
        """The caller under a new name."""
        identity = call.caller.identity
        body = read_body(call.body, call.headers, RenameBody)
        return Reply(body=student_shape(self.rename(identity, NewName(name=body.name))))
