"""One story, one transaction."""

from __future__ import annotations

from attrs import frozen

import adapters.dynamodb.writes_coupons
import adapters.dynamodb.writes_enrollments
import adapters.dynamodb.writes_payment_sessions
import adapters.dynamodb.writes_rate_limits  # noqa: F401 - each of the four registers its writes
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.operations import Operation, operation
from adapters.dynamodb.table import Table
from domain.errors import DomainError
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import Write


@frozen
class DynamoUnitOfWork(UnitOfWork):
    """Makes a story's writes in the table."""

    table: Table

    def commit(self, writes: tuple[Write, ...]) -> None:
        """All the writes or none."""
        if not writes:
            return
        owned = [(owner, operation) for owner, write in enumerate(writes) for operation in _operations(write)]
        try:
            self.table.write(*(operation for _, operation in owned))
        except ConditionsFailed as failed:
            conflicts: dict[int, DomainError] = {}
            for position, found in sorted(failed.found.items()):
                owner, conflict = owned[position]
                conflicts.setdefault(owner, conflict.conflict(found))
            raise TransactionConflict(tuple(conflicts.values())) from None


def _operations(write: Write) -> tuple[Operation, ...]:
    made = operation(write)
    return made if isinstance(made, tuple) else (made,)
