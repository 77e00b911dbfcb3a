"""Invitations as the office makes, reads and withdraws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.enrolling_serializers import invitation_body
from adapters.http.errors import InvalidRequest
from adapters.http.paging import limit_and_cursor, page_of
from adapters.http.request_bodies.courses import InvitationRequest
from adapters.http.routing import Access, Call, Reply, Router
from adapters.timestamps import from_text
from domain.audit import Authorship
from domain.errors import InvitationNotFound
from domain.identifiers import is_id
from domain.invitations import Invitee
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.invitations import InvitationRepo
from domain.use_cases.office.manage_invitations import InviteToCourse, WithdrawInvitation

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.http import response_bodies as bodies

_MANY = "/api/admin/courses/{courseId}/invitations"


@frozen(kw_only=True)
class AdminInvitationViews:
    """/api/admin/courses/{courseId}/invitations."""

    courses: CourseRepo
    invitations: InvitationRepo
    invite_to_course: InviteToCourse
    withdraw_invitation: WithdrawInvitation
    clock: Clock

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        office = Access.OFFICE
        router.add("POST", _MANY, view=self.invite, body=InvitationRequest, access=office)
        router.add("GET", _MANY, view=self.index, access=office)
        router.add("DELETE", f"{_MANY}/{{invitationId}}", view=self.withdraw, access=office)

    def invite(self, call: Call, body: InvitationRequest) -> Reply[bodies.Invitation]:
        """Invite somebody: 201. Invited on the same terms already: 200."""
        author = Authorship(by=call.caller.user_id, role=call.role, reason=body.reason)
        expires_at = None if body.expires_at is None else _timestamp(body.expires_at)
        invitee = Invitee.owner_of(body.email) if body.email is not None else Invitee(user_id=body.user_id)
        if body.email is not None and body.user_id is not None:
            raise InvalidRequest("Either email or userId, not both.")
        invited = self.invite_to_course(course_id(call.params["courseId"]), invitee, author, expires_at=expires_at)
        status = 201 if invited.is_new else 200
        return Reply(status=status, body=invitation_body(invited.invitation, self.clock.now()))

    def index(self, call: Call) -> Reply[list[bodies.Invitation]]:
        """A page of the invitations to the course, the newest of them first."""
        limit, cursor = limit_and_cursor(call)
        course = self.courses.get(course_id(call.params["courseId"]))
        page = self.invitations.of_course(course.course_id, limit=limit, cursor=cursor)
        now = self.clock.now()
        return page_of([invitation_body(one, now) for one in page.entries], page.cursor)

    def withdraw(self, call: Call) -> Reply[bodies.Invitation]:
        """Withdraw an invitation. The same answer for one that is withdrawn already."""
        invitation_id = call.params["invitationId"]
        if not is_id(invitation_id):
            raise InvitationNotFound
        author = Authorship(
            by=call.caller.user_id, role=call.role, reason=call.query.get("reason", "Withdrawn without a reason.")
        )
        withdrawn = self.withdraw_invitation(course_id(call.params["courseId"]), invitation_id, author)
        return Reply(body=invitation_body(withdrawn, self.clock.now()))


def _timestamp(text: str) -> datetime:
    try:
        return from_text(text)
    except (ValueError, OverflowError):
        raise InvalidRequest("expiresAt is not a timestamp with a time zone.") from None
