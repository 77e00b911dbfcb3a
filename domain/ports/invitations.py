"""Who is invited to the courses that are by invitation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from domain.invitations import Invitation, Invitee
from domain.paging import Page


class InvitationRepo(Protocol):
    """Reads invitations. They are written by ``SaveInvitation``.

    Raises:
        StorageUnavailable: any method that reads, when the database does not answer.
    """

    def id_of(self, invitee: Invitee) -> str:
        """The id under which an invitation of this person is kept. No e-mail address can be read from it."""
        ...

    def find(self, course_id: str, invitation_ids: Iterable[str]) -> tuple[Invitation, ...]:
        """Those of the course's invitations with these ids that exist, in one request."""
        ...

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[Invitation]:
        """Up to ``limit`` invitations to the course, from ``cursor`` on. Sees all writes.

        Which invitations a page has follows their ids, which stays as it is; within a page the newest come first.
        One that cannot be read is left out and reported to operations.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...
