"""Transactions in DynamoDB."""

from __future__ import annotations

from attrs import frozen

import adapters.dynamodb.invitations
import adapters.dynamodb.outbox
import adapters.dynamodb.writes_coupons
import adapters.dynamodb.writes_courses
import adapters.dynamodb.writes_enrollments
import adapters.dynamodb.writes_ledger
import adapters.dynamodb.writes_payment_sessions
import adapters.dynamodb.writes_rate_limits
import adapters.dynamodb.writes_seats
import adapters.dynamodb.writes_students  # noqa: F401 - each of them registers its writes
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.operations import Operation, operation
from adapters.dynamodb.table import Table
from domain.errors import CouponLimitTooLow, DomainError
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import Write


@frozen
class DynamoUnitOfWork(UnitOfWork):
    """Commits writes to the table."""

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
                conflicts[owner] = _weightier(conflicts.get(owner), conflict.conflict(found))
            raise TransactionConflict(tuple(conflicts.values()), tuple(writes[owner] for owner in conflicts)) from None


def _weightier(first: DomainError | None, next_one: DomainError) -> DomainError:
    """What stands for several conflicts of one write: the first, but of limits too low the one that is so by most."""
    if isinstance(first, CouponLimitTooLow) and isinstance(next_one, CouponLimitTooLow):
        return max(first, next_one, key=lambda conflict: conflict.least)
    return first or next_one


def _operations(write: Write) -> tuple[Operation, ...]:
    made = operation(write)
    return made if isinstance(made, tuple) else (made,)
