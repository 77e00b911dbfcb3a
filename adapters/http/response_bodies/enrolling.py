"""Bodies about what surrounds enrolling: invitations."""

from __future__ import annotations

from typing import Annotated, TypedDict

from adapters.http.field_types import Id, Keywords, NonEmpty, Timestamp


class Invitation(TypedDict):
    """An invitation to a course. `invitee` is the student's id, or the address without most of it."""

    invitationId: Id
    courseId: Id
    invitee: NonEmpty
    userId: Id | None
    state: Annotated[str, Keywords(enum=["open", "used", "expired", "withdrawn"])]
    invitedBy: NonEmpty
    invitedAt: Timestamp
    expiresAt: Timestamp | None
    usedBy: Id | None
    usedAt: Timestamp | None
