"""Interest in courses as items, each under its course and the hash of its e-mail address."""

from __future__ import annotations

import hashlib

from attrs import frozen

from adapters.dynamodb import keys, learner_keys
from adapters.dynamodb.attributes import readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.cursors import AFTER_ALL, cursor_after, id_in, key_before
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.expressions import ABSENT
from adapters.dynamodb.keys import Key
from adapters.dynamodb.operations import delete, put, unconditional
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.interest import Interest
from domain.paging import Page
from domain.ports.interest import InterestRepo
from domain.ports.telemetry import Telemetry


def interest_from_item(item: Item) -> Interest:
    """The interest in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    with reading("interest", item) as stored:
        return Interest(course_id=stored.text("courseId"), email=stored.text("email"), at=stored.timestamp("createdAt"))


@frozen
class DynamoInterestRepo(InterestRepo):
    """Keeps interest in the table."""

    table: Table
    telemetry: Telemetry

    def add(self, interest: Interest) -> None:
        """Keep it, unless the address asked for the course before."""
        item = {
            **_key(interest.course_id, interest.email).attributes,
            "courseId": interest.course_id,
            "email": interest.email,
            "createdAt": iso(interest.at),
        }
        try:
            self.table.write(put(item, ABSENT))
        except ConditionsFailed:
            return

    def remove(self, course_id: str, email: str) -> None:
        """Forget that this address asked."""
        self.table.write(delete(_key(course_id, email), condition="", values={}, conflict=unconditional))

    def has(self, course_id: str, email: str) -> bool:
        """Whether this address asked."""
        return self.table.get(_key(course_id, email)) is not None

    def page(self, course_id: str, *, limit: int, cursor: str | None = None) -> Page[Interest]:
        """Up to ``limit`` of those who asked for the course, by the hashes of their addresses, the last one first."""
        prefix = learner_keys.INTEREST
        last = key_before(prefix + id_in(cursor)) if cursor is not None else prefix + AFTER_ALL
        # One more than shown is examined: DynamoDB names the last item examined even where none is behind it.
        found = self.table.slice(keys.course(course_id).pk, prefix, last, examine=limit + 1)
        shown = found.items[:limit]
        is_last = len(found.items) <= limit
        entries = tuple(readable(shown, interest_from_item, self.telemetry))
        return Page(entries, None if is_last else cursor_after(str(shown[-1]["SK"]).removeprefix(prefix)))


def _key(course_id: str, email: str) -> Key:
    return learner_keys.interest(course_id, hashlib.sha256(email.encode()).hexdigest()[:40])
