"""Bodies about what surrounds enrolling: invitations, seats."""

from __future__ import annotations

from typing import Annotated, TypedDict

from adapters.http.field_types import Count, Id, Keywords, NonEmpty, Timestamp


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


class PlaceInLine(TypedDict):
    """Where the caller stands. `none`: neither in line nor with a seat held. `waiting`: with a `position`. `held`: a
    seat is theirs until `heldUntil`, and longer as long as they are paying for it.
    """

    courseId: Id
    state: Annotated[str, Keywords(enum=["none", "waiting", "held"])]
    position: Count | None
    heldUntil: Timestamp | None


class SeatClaim(TypedDict):
    """Somebody who waits for a seat, or for whom one is held."""

    userId: Id
    state: Annotated[str, Keywords(enum=["waiting", "held"])]
    joinedAt: Timestamp
    heldUntil: Timestamp | None
