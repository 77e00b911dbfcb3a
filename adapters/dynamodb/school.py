"""The school as a whole, as an item."""

from __future__ import annotations

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.table import Table
from domain.ports.school import SchoolRepo
from domain.school import OPEN_SCHOOL, School


def school_from_item(item: Item | None) -> School:
    """The school in an item; open where there is none.

    Raises:
        RecordUnreadable: it is none.
    """
    if item is None:
        return OPEN_SCHOOL
    with reading("school", item) as stored:
        return School(
            sales_closed=stored.boolean("salesClosed"),
            closed_providers=frozenset(stored.texts("closedProviders")),
            reason=stored.maybe_text("reason") or "",
            by=stored.maybe_text("by") or "",
            at=stored.maybe_timestamp("at"),
        )


@frozen
class DynamoSchoolRepo(SchoolRepo):
    """Reads the school from the table."""

    table: Table

    def get(self) -> School:
        """The school."""
        return school_from_item(self.table.get(keys.school()))
