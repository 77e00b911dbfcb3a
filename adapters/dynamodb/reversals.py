"""Refunds, disputes and repayments as items."""

from __future__ import annotations

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.cursors import cursor_after, dated_key_in
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.identifiers import is_id
from domain.paging import Page
from domain.payments.reversals import DisputeStatus, RefundStatus, Reversal, ReversalKind
from domain.ports.reversals import ReversalRepo
from domain.ports.telemetry import Telemetry


def reversal_item(reversal: Reversal) -> Item:
    """The item of a reversal."""
    index = keys.dispute_index(reversal.reversal_id, reversal.respond_by) if reversal.is_undecided_dispute else {}
    return {
        **keys.reversal(reversal.user_id, reversal.payment_session_id, reversal.reversal_id).attributes,
        **index,
        "userId": reversal.user_id,
        "paymentSessionId": reversal.payment_session_id,
        "reversalId": reversal.reversal_id,
        "kind": reversal.kind.value,
        "state": reversal.status.value,
        "amount": reversal.amount,
        "currency": reversal.currency,
        "counted": reversal.counted,
        "changes": reversal.changes,
        "providerReversalId": reversal.provider_reversal_id,
        "reason": reversal.reason,
        "note": reversal.note or None,
        "requestedBy": reversal.requested_by,
        "requestedAt": iso(reversal.requested_at) if reversal.requested_at else None,
        "respondBy": iso(reversal.respond_by) if reversal.respond_by else None,
        "updatedAt": iso(reversal.updated_at),
    }


def reversal_from_item(item: Item) -> Reversal:
    """The reversal in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    with reading("reversal", item) as stored:
        kind = ReversalKind(stored.text("kind"))
        states = DisputeStatus if kind is ReversalKind.DISPUTE else RefundStatus
        return Reversal(
            user_id=stored.text("userId"),
            payment_session_id=stored.text("paymentSessionId"),
            reversal_id=stored.text("reversalId"),
            kind=kind,
            status=states(stored.text("state")),
            amount=stored.integer("amount"),
            currency=stored.text("currency"),
            counted=stored.integer("counted"),
            changes=stored.integer("changes"),
            provider_reversal_id=stored.maybe_text("providerReversalId"),
            reason=stored.maybe_text("reason"),
            note=stored.maybe_text("note") or "",
            requested_by=stored.maybe_text("requestedBy"),
            requested_at=stored.maybe_timestamp("requestedAt"),
            respond_by=stored.maybe_timestamp("respondBy"),
            updated_at=stored.timestamp("updatedAt"),
        )


@frozen
class DynamoReversalRepo(ReversalRepo):
    """Reads reversals from the table."""

    table: Table
    telemetry: Telemetry

    def of_session(self, user_id: str, payment_session_id: str) -> tuple[Reversal, ...]:
        """All reversals of a payment session, by their ids."""
        if not (is_id(user_id) and is_id(payment_session_id)):
            return ()
        items = self.table.query(keys.students_partition(user_id), keys.reversals_of(payment_session_id))
        return tuple(sorted(map(reversal_from_item, items), key=lambda found: found.reversal_id))

    def find(self, user_id: str, payment_session_id: str, reversal_id: str) -> Reversal | None:
        """One reversal, if any."""
        if not all(map(is_id, (user_id, payment_session_id, reversal_id))):
            return None
        item = self.table.get(keys.reversal(user_id, payment_session_id, reversal_id))
        return reversal_from_item(item) if item else None

    def undecided_disputes(self, *, limit: int, cursor: str | None = None) -> Page[Reversal]:
        """Disputes that are undecided; the cursor hides where the last page ended."""
        page = self.table.index_page(
            keys.disputes_after(dated_key_in(cursor) if cursor is not None else None), limit=limit
        )
        found = tuple(readable(page.items, reversal_from_item, self.telemetry))
        more = None if page.is_last or not page.items else cursor_after(keys.index_of(page.items[-1])["GSI1SK"])
        return Page(found, more)
