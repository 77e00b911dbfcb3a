"""From what surrounds enrolling to the bodies of responses: invitations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from adapters.http.serializers import present
from adapters.timestamps import iso
from domain.invitations import Invitation

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
