"""Invitations, in a dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from attrs import frozen

from adapters.memory.plan import Plan, plan
from adapters.memory.store import Store
from domain.errors import ChangedMeanwhile
from domain.invitations import Invitation, Invitee
from domain.ports.invitations import InvitationRepo
from domain.transactions.writes import SaveInvitation


@plan.register
def _save(write: SaveInvitation, store: Store) -> Plan:
    key = (write.invitation.course_id, write.invitation.invitation_id)
    if store.invitations.get(key) != write.before:
        return ChangedMeanwhile()
    return partial(store.invitations.__setitem__, key, write.invitation)


@frozen
class MemoryInvitationRepo(InvitationRepo):
    """Reads invitations from the store."""

    store: Store

    def id_of(self, invitee: Invitee) -> str:
        """A readable one: nothing is hidden from a test."""
        if invitee.email is None:
            return f"student-{invitee.user_id}"
        return f"email-{invitee.email.replace('@', '_at_').replace('.', '_').replace('+', '_plus_')}"

    def find(self, course_id: str, invitation_ids: Iterable[str]) -> tuple[Invitation, ...]:
        """Those of the course's invitations with these ids that exist."""
        with self.store.lock:
            found = (self.store.invitations.get((course_id, each)) for each in invitation_ids)
            return tuple(one for one in found if one is not None)

    def of_course(self, course_id: str) -> tuple[Invitation, ...]:
        """All invitations to the course, the newest first."""
        with self.store.lock:
            found = [one for one in self.store.invitations.values() if one.course_id == course_id]
        return tuple(sorted(found, key=lambda one: (one.invited_at, one.invitation_id), reverse=True))
