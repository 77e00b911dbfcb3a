"""Kept answers as items, which DynamoDB deletes after a day."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from adapters.dynamodb import enrolling_keys
from adapters.dynamodb.attributes import reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.expressions import ABSENT, setting
from adapters.dynamodb.operations import delete, put, unconditional, update
from adapters.dynamodb.table import Table
from adapters.idempotency import (
    KEPT_FOR,
    LEASE,
    Claim,
    Different,
    IdempotencyStore,
    KeptAnswer,
    Mine,
    Repeatable,
    Running,
)
from adapters.timestamps import iso

_MINE = "#owner = :owner AND attribute_not_exists(#answer)"
# DynamoDB deletes what is over some time later: until then the condition takes it for deleted.
_FREE = (
    f"{ABSENT} OR #ttl <= :now OR "
    "(attribute_not_exists(#answer) AND #claimedAt <= :stopped AND #fingerprint = :fingerprint)"
)


@frozen
class DynamoIdempotencyStore(IdempotencyStore):
    """Keeps answers in the table."""

    table: Table

    def claim(self, request: Repeatable, at: datetime) -> Claim:
        """Have the request alone for a while: one conditional write, which hands back what is there."""
        item = {
            **enrolling_keys.idempotent_request(request.name).attributes,
            "fingerprint": request.fingerprint,
            "owner": request.owner,
            "claimedAt": iso(at),
            "ttl": int((at + KEPT_FOR).timestamp()),
        }
        values = {
            ":now": int(at.timestamp()),
            ":stopped": iso(at - LEASE),
            ":fingerprint": request.fingerprint,
        }
        try:
            self.table.write(put(item, _FREE, unconditional, values=values))
        except ConditionsFailed as failed:
            return _found(failed.found[0], request)
        return Mine()

    def keep(self, request: Repeatable, answer: KeptAnswer) -> None:
        """Store the answer, if this attempt still has the request."""
        attributes = {
            "answer": answer.body,
            "status": answer.status,
            "answeredAt": iso(answer.at),
            "withheld": answer.withheld or None,
        }
        expression, values = setting(attributes)
        key = enrolling_keys.idempotent_request(request.name)
        change = update(key, expression, condition=_MINE, values={**values, ":owner": request.owner})
        try:
            self.table.write(change)
        except ConditionsFailed:
            return  # another attempt has taken it over, and keeps its own answer

    def release(self, request: Repeatable) -> None:
        """Give the request back, if this attempt still has it."""
        key = enrolling_keys.idempotent_request(request.name)
        values = {":owner": request.owner}
        try:
            self.table.write(delete(key, condition=_MINE, values=values, conflict=unconditional))
        except ConditionsFailed:
            return


def _found(item: Item | None, request: Repeatable) -> Claim:
    if item is None:
        return Running()  # given back in this moment: the next repetition acts
    with reading("kept answer", item) as stored:
        if stored.text("fingerprint") != request.fingerprint:
            return Different()
        if "answer" not in item:
            # Ours: the write was made, and its answer was lost on the way.
            return Mine() if stored.text("owner") == request.owner else Running()
        return KeptAnswer(
            status=stored.integer("status"),
            body=stored.text("answer"),
            at=stored.timestamp("answeredAt"),
            withheld=stored.boolean("withheld"),
        )
