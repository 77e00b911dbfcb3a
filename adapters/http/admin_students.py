"""People, for the office: found by e-mail, and everything about one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.errors import InvalidRequest, found_or
from adapters.http.office_serializers import history_body
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import student_body
from domain.errors import StudentNotFound
from domain.identifiers import is_id
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies

_LONGEST_EMAIL = 254


@frozen(kw_only=True)
class AdminStudentViews:
    """/api/admin/students."""

    students: StudentRepo
    histories: StudentHistoryRepo

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", "/api/admin/students", view=self.find, access=Access.OFFICE)
        router.add("GET", "/api/admin/students/{userId}", view=self.show, access=Access.OFFICE)

    def find(self, call: Call) -> Reply[list[bodies.Student]]:
        """The students who have this e-mail address."""
        return Reply(body=[student_body(student) for student in self.students.by_email(email_in(call))])

    def show(self, call: Call) -> Reply[bodies.StudentHistory]:
        """Everything about one student."""
        user_id = call.params["userId"]
        history = self.histories.of_student(user_id) if is_id(user_id) else None
        return Reply(body=history_body(found_or(StudentNotFound, history)))


def email_in(call: Call) -> str:
    """The e-mail address that the request asks for.

    Raises:
        InvalidRequest: it is missing or cannot be one.
    """
    email = call.query.get("email", "").strip()
    if not 3 <= len(email) <= _LONGEST_EMAIL or "@" not in email:  # noqa: PLR2004 - a@b
        raise InvalidRequest("email must be an e-mail address.")
    return email
