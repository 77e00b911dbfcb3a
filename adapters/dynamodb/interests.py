"""Who wants to be told when a course opens, as items."""

from __future__ import annotations

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.cursors import cursor_after, last_before
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.expressions import ABSENT
from adapters.dynamodb.operations import delete, put, unconditional
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.courses import Interest
from domain.identifiers import is_id
from domain.ports.interests import InterestPage, InterestRepo
from domain.ports.telemetry import Telemetry


def interest_from_item(item: Item) -> Interest:
    """The interest in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    with reading("interest", item) as stored:
        return Interest(user_id=stored.text("userId"), course_id=stored.text("courseId"), since=stored.moment("since"))


@frozen
class DynamoInterestRepo(InterestRepo):
    """Reads and keeps interests in the table."""

    table: Table
    telemetry: Telemetry

    def find(self, user_id: str, course_id: str) -> Interest | None:
        """The student's interest in the course, if any."""
        known = is_id(user_id) and is_id(course_id)
        item = self.table.get(keys.interest(user_id, course_id)) if known else None
        return interest_from_item(item) if item else None

    def add(self, interest: Interest) -> Interest:
        """Keep an interest; else the one that is there."""
        item = {
            **keys.interest(interest.user_id, interest.course_id).attributes,
            **keys.interest_index(interest.user_id, interest.course_id, interest.since),
            "userId": interest.user_id,
            "courseId": interest.course_id,
            "since": iso(interest.since),
        }
        try:
            self.table.write(put(item, ABSENT))
        except ConditionsFailed as failed:
            found = failed.found[0]
            return interest_from_item(found) if found else interest
        return interest

    def remove(self, user_id: str, course_id: str) -> None:
        """Forget an interest, if there is one."""
        if is_id(user_id) and is_id(course_id):
            key = keys.interest(user_id, course_id)
            self.table.write(delete(key, condition="", values={}, conflict=unconditional))

    def of_course(self, course_id: str, *, limit: int, cursor: str | None = None) -> InterestPage:
        """Up to ``limit`` of those interested in the course, the latest first; the cursor hides where it ended."""
        last = last_before(cursor)
        if not is_id(course_id):
            return InterestPage((), None)
        found = self.table.slice(keys.interested_in(course_id), "0", last, examine=limit, index=True)
        interests = tuple(readable(found.items, interest_from_item, self.telemetry))
        return InterestPage(interests, cursor_after(found.last_examined) if found.last_examined else None)
