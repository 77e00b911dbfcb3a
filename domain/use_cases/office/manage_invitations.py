"""The office invites people to courses that are by invitation, and withdraws invitations."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from domain.audit import AuditAction, AuditSubject, Authorship
from domain.changes import plain
from domain.courses import INVITATION
from domain.errors import InvalidValue, InvitationNotFound, NotByInvitation, StudentNotFound
from domain.invitations import Invitation, InvitationState, Invitee
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.invitations import InvitationRepo
from domain.ports.students import StudentRepo
from domain.services.record_change import RecordChange
from domain.transactions.writes import SaveInvitation


@frozen
class Invited:
    """An invitation, and whether it was made now."""

    invitation: Invitation
    is_new: bool


@frozen(kw_only=True)
class InviteToCourse:
    """Invites a student, or whoever owns an e-mail address. The school writes to them itself: we keep no address."""

    courses: CourseRepo
    students: StudentRepo
    invitations: InvitationRepo
    record_change: RecordChange
    clock: Clock

    def __call__(
        self, course_id: str, invitee: Invitee, author: Authorship, *, expires_at: datetime | None = None
    ) -> Invited:
        """The invitation. One that is open on the same terms stays as it is; any other is replaced by a new one.

        Raises:
            CourseNotFound, StudentNotFound: there is no such course or student.
            NotByInvitation: everybody may enroll in the course.
            InvalidValue: it would have expired already.
            ChangedMeanwhile: it was used or withdrawn in the same moment; look again.
        """
        invited, before = self.plan(course_id, invitee, author.by, expires_at=expires_at)
        if invited.is_new:
            self.record_change(
                SaveInvitation(invited.invitation, before),
                AuditAction.STUDENT_INVITED,
                AuditSubject(course_id=course_id),
                author,
                before={},
                after=_fields(invited.invitation),
            )
        return invited

    def plan(
        self, course_id: str, invitee: Invitee, by: str, *, expires_at: datetime | None = None
    ) -> tuple[Invited, Invitation | None]:
        """What inviting would give, and the invitation that it would replace. Raises what inviting raises."""
        now = self.clock.now()
        if self.courses.get(course_id).pricing_model != INVITATION:
            raise NotByInvitation
        if expires_at is not None and expires_at <= now:
            raise InvalidValue("expires_at must be in the future.")
        if invitee.user_id is not None and self.students.find(invitee.user_id) is None:
            raise StudentNotFound
        invitation_id = self.invitations.id_of(invitee)
        found = next(iter(self.invitations.find(course_id, [invitation_id])), None)
        if found is not None and found.state(now) is InvitationState.OPEN and found.expires_at == expires_at:
            return Invited(found, is_new=False), found
        invitation = Invitation(
            course_id=course_id,
            invitation_id=invitation_id,
            hint=invitee.hint,
            user_id=invitee.user_id,
            invited_by=by,
            invited_at=now,
            expires_at=expires_at,
        )
        return Invited(invitation, is_new=True), found


@frozen(kw_only=True)
class WithdrawInvitation:
    """Withdraws an invitation. Who is enrolled stays so, and a checkout that is open can still be paid."""

    invitations: InvitationRepo
    record_change: RecordChange
    clock: Clock

    def __call__(self, course_id: str, invitation_id: str, author: Authorship) -> Invitation:
        """The withdrawn invitation. Repeating it changes nothing more.

        Raises:
            InvitationNotFound: the course has no such invitation.
            ChangedMeanwhile: it was used or replaced in the same moment; look again.
        """
        found = next(iter(self.invitations.find(course_id, [invitation_id])), None)
        if found is None:
            raise InvitationNotFound
        if found.withdrawn_at is not None:
            return found
        withdrawn = found.withdrawn(self.clock.now())
        self.record_change(
            SaveInvitation(withdrawn, found),
            AuditAction.INVITATION_WITHDRAWN,
            AuditSubject(course_id=course_id),
            author,
            before=_fields(found),
            after=_fields(withdrawn),
        )
        return withdrawn


def _fields(invitation: Invitation) -> dict[str, object]:
    fields = {
        "invitationId": invitation.invitation_id,
        "userId": invitation.user_id,
        "expiresAt": plain(invitation.expires_at),
        "usedBy": invitation.used_by,
        "withdrawnAt": plain(invitation.withdrawn_at),
    }
    return {name: value for name, value in fields.items() if value is not None}
