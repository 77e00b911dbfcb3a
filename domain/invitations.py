"""Invitations: who may enroll in a course that is by invitation."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen
from attrs.validators import optional

from domain.errors import InvalidValue
from domain.identifiers import an_id
from domain.interest import an_email, normal_email
from domain.students import Student


class InvitationState(StrEnum):
    """What became of an invitation."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@frozen(kw_only=True)
class Invitee:
    """Whom the office invites: a student by their id, or whoever owns an e-mail address. Exactly one of the two."""

    user_id: str | None = field(default=None, validator=optional(an_id))
    email: str | None = field(default=None, repr=False, validator=optional(an_email))

    def __attrs_post_init__(self) -> None:
        """Refuse both, or none."""
        if (self.user_id is None) == (self.email is None):
            raise InvalidValue("An invitation is for an e-mail address or for a student.")

    @classmethod
    def owner_of(cls, address: str) -> Invitee:
        """Whoever owns this address, however it is written."""
        return cls(email=normal_email(address))

    @classmethod
    def possible(cls, student: Student) -> tuple[Invitee, ...]:
        """As whom this student may have been invited: by their id, or by an address that they have verified."""
        by_id = cls(user_id=student.user_id)
        return (by_id, cls.owner_of(student.email)) if student.email_verified and student.email else (by_id,)

    @property
    def hint(self) -> str:
        """What shows the office whom it invited: the student's id, or the address without most of it."""
        if self.email is None:
            return self.user_id or ""
        name, _, domain = self.email.partition("@")
        return f"{name[:1]}...@{domain}"


@frozen(kw_only=True)
class Invitation:
    """One person's invitation to one course. It holds no e-mail address: ``invitation_id`` stands for the person, and
    ``hint`` shows the office who it may be.

    It is used by the first student who enrolls with it, and by nobody else. Without ``expires_at`` it stays open.
    """

    course_id: str = field(validator=an_id)
    invitation_id: str = field(validator=an_id)
    hint: str
    user_id: str | None = field(default=None, validator=optional(an_id))
    invited_by: str
    invited_at: datetime
    expires_at: datetime | None = None
    used_by: str | None = field(default=None, validator=optional(an_id))
    used_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def state(self, at: datetime) -> InvitationState:
        """What became of it until then."""
        if self.withdrawn_at is not None:
            return InvitationState.WITHDRAWN
        if self.used_by is not None:
            return InvitationState.USED
        if self.expires_at is not None and at >= self.expires_at:
            return InvitationState.EXPIRED
        return InvitationState.OPEN

    def admits(self, user_id: str, at: datetime, *, ended_enrollment_of: datetime | None) -> bool:
        """Whether this student may enroll with it: it is open, or they have used it and are not enrolled yet.

        ``ended_enrollment_of`` is when their enrollment in the course that has ended began, None without one: an
        invitation is good for one enrollment.
        """
        state = self.state(at)
        if state is not InvitationState.USED or self.used_by != user_id or self.used_at is None:
            return state is InvitationState.OPEN
        return ended_enrollment_of is None or ended_enrollment_of < self.used_at

    def used(self, user_id: str, at: datetime) -> Invitation:
        """Used by this student."""
        return evolve(self, used_by=user_id, used_at=at)

    def withdrawn(self, at: datetime) -> Invitation:
        """No longer good."""
        return evolve(self, withdrawn_at=at)
