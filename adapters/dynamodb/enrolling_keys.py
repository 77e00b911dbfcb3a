"""The keys of what surrounds enrolling: requests that may be repeated, invitations."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.keys import Key

INVITATIONS = "INVITATION#"


def idempotent_request(name: str) -> Key:
    """A request that may be repeated; ``name`` is a hash of who asked for what, and under which idempotency key."""
    return Key(f"IDEMPOTENCY#{keys.checked(name)}", "METADATA")


def invitation(course_id: str, invitation_id: str) -> Key:
    """A person's invitation to a course; its id is the hash of an e-mail address or of a student's id."""
    return Key(keys.course(course_id).pk, f"{INVITATIONS}{keys.checked(invitation_id)}")
