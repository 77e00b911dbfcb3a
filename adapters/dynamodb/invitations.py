"""Invitations as items, each under its course and a hash of whom it is for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from adapters.dynamodb import enrolling_keys, keys
from adapters.dynamodb.attributes import readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.cursors import AFTER_ALL, cursor_after, id_in, key_before
from adapters.dynamodb.expressions import ABSENT, Condition
from adapters.dynamodb.operations import Operation, operation, put
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.errors import ChangedMeanwhile
from domain.identifiers import is_id
from domain.invitations import Invitation, Invitee
from domain.paging import Page
from domain.ports.invitations import InvitationRepo
from domain.ports.telemetry import Telemetry
from domain.transactions.writes import SaveInvitation

_STATE = ("invitedAt", "expiresAt", "usedBy", "usedAt", "withdrawnAt")


def invitation_item(invitation: Invitation) -> Item:
    """The item of an invitation."""
    return {
        **enrolling_keys.invitation(invitation.course_id, invitation.invitation_id).attributes,
        "courseId": invitation.course_id,
        "invitationId": invitation.invitation_id,
        "hint": invitation.hint,
        "userId": invitation.user_id,
        "invitedBy": invitation.invited_by,
        "invitedAt": iso(invitation.invited_at),
        "expiresAt": iso(invitation.expires_at) if invitation.expires_at else None,
        "usedBy": invitation.used_by,
        "usedAt": iso(invitation.used_at) if invitation.used_at else None,
        "withdrawnAt": iso(invitation.withdrawn_at) if invitation.withdrawn_at else None,
    }


def invitation_from_item(item: Item) -> Invitation:
    """The invitation in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    with reading("invitation", item) as stored:
        return Invitation(
            course_id=stored.text("courseId"),
            invitation_id=stored.text("invitationId"),
            hint=stored.text("hint"),
            user_id=stored.maybe_text("userId"),
            invited_by=stored.text("invitedBy"),
            invited_at=stored.timestamp("invitedAt"),
            expires_at=stored.maybe_timestamp("expiresAt"),
            used_by=stored.maybe_text("usedBy"),
            used_at=stored.maybe_timestamp("usedAt"),
            withdrawn_at=stored.maybe_timestamp("withdrawnAt"),
        )


@operation.register
def _save(write: SaveInvitation) -> Operation:
    condition = Condition()
    if write.before is None:
        condition.also(ABSENT)
    else:
        before = invitation_item(write.before)
        for name in _STATE:
            condition.same(name, before[name])
    item = invitation_item(write.invitation)
    return put(item, condition.expression, lambda _found: ChangedMeanwhile(), values=condition.values)


@frozen
class DynamoInvitationRepo(InvitationRepo):
    """Reads invitations from the table."""

    table: Table
    telemetry: Telemetry

    def id_of(self, invitee: Invitee) -> str:
        """The first 40 hexadecimal digits of the hash of whom it is for."""
        named = f"email {invitee.email}" if invitee.email else f"student {invitee.user_id}"
        return hashlib.sha256(named.encode()).hexdigest()[:40]

    def find(self, course_id: str, invitation_ids: Iterable[str]) -> tuple[Invitation, ...]:
        """Those of the course's invitations with these ids that exist."""
        wanted = [enrolling_keys.invitation(course_id, each) for each in invitation_ids if is_id(each)]
        items = self.table.get_many(wanted) if wanted and is_id(course_id) else {}
        return tuple(invitation_from_item(items[key]) for key in wanted if key in items)

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[Invitation]:
        """Up to ``limit`` invitations to the course by their ids, the last one first."""
        prefix = enrolling_keys.INVITATIONS
        last = key_before(prefix + id_in(cursor)) if cursor is not None else prefix + AFTER_ALL
        if not is_id(course_id):
            return Page((), None)
        # One more than shown is examined: DynamoDB names the last item examined even where none is behind it.
        found = self.table.slice(keys.course(course_id).pk, prefix, last, examine=limit + 1)
        shown = found.items[:limit]
        is_last = len(found.items) <= limit
        invitations = sorted(readable(shown, invitation_from_item, self.telemetry), key=_newest, reverse=True)
        return Page(tuple(invitations), None if is_last else cursor_after(str(shown[-1]["SK"]).removeprefix(prefix)))


def _newest(invitation: Invitation) -> tuple[datetime, str]:
    return invitation.invited_at, invitation.invitation_id
