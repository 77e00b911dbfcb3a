"""From what surrounds enrolling to the bodies of responses: invitations, seats."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from adapters.http.serializers import present
from adapters.timestamps import iso
from domain.invitations import Invitation
from domain.seats import SeatClaim
from domain.use_cases.student.wait_for_seat import PlaceInLine

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies


def invitation_body(invitation: Invitation, at: datetime) -> bodies.Invitation:
    """An invitation, and what became of it until then."""
    body: bodies.Invitation = {
        "invitationId": invitation.invitation_id,
        "courseId": invitation.course_id,
        "invitee": invitation.hint,
        "userId": invitation.user_id,
        "state": invitation.state(at).value,
        "invitedBy": invitation.invited_by,
        "invitedAt": iso(invitation.invited_at),
        "expiresAt": iso(invitation.expires_at) if invitation.expires_at else None,
        "usedBy": invitation.used_by,
        "usedAt": iso(invitation.used_at) if invitation.used_at else None,
    }
    return present(body)


def place_body(place: PlaceInLine) -> bodies.PlaceInLine:
    """Where the caller stands."""
    claim = place.claim
    body: bodies.PlaceInLine = {
        "courseId": place.course.course_id,
        "state": claim.state.value if claim else "none",
        "position": place.position,
        "heldUntil": iso(claim.held_until) if claim and claim.held_until else None,
    }
    return present(body)


def claim_body(claim: SeatClaim) -> bodies.SeatClaim:
    """A claim, as the office sees it."""
    body: bodies.SeatClaim = {
        "userId": claim.user_id,
        "state": claim.state.value,
        "joinedAt": iso(claim.joined_at),
        "heldUntil": iso(claim.held_until) if claim.held_until else None,
    }
    return present(body)
