"""Invitations, in a dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from attrs import frozen

from adapters.memory.plan import Plan, plan
from adapters.memory.store import Store
from domain.errors import ChangedMeanwhile, InvalidValue
from domain.identifiers import is_id
from domain.invitations import Invitation, Invitee
from domain.paging import Page
from domain.ports.invitations import InvitationRepo
from domain.transactions.writes import SaveInvitation

_AFTER = "after:"


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

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[Invitation]:
        """Up to ``limit`` invitations to the course by their ids; the cursor names the last one of them."""
        if cursor is not None and not (cursor.startswith(_AFTER) and is_id(cursor.removeprefix(_AFTER))):
            raise InvalidValue("The cursor is not valid.")
        after = cursor.removeprefix(_AFTER) if cursor else ""
        with self.store.lock:
            found = {each: one for (course, each), one in self.store.invitations.items() if course == course_id}
        left = [each for each in sorted(found) if each > after]
        page = sorted((found[each] for each in left[:limit]), key=_newest, reverse=True)
        return Page(tuple(page), _AFTER + left[limit - 1] if len(left) > limit else None)


def _newest(invitation: Invitation) -> tuple[datetime, str]:
    return invitation.invited_at, invitation.invitation_id
