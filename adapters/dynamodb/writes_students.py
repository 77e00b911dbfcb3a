"""Writes about students: their ids at the payment providers, and their deletion."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.expressions import PRESENT
from adapters.dynamodb.operations import Operation, check, delete, operation, update
from domain.errors import DomainError, StudentNotFound
from domain.transactions.writes import DeleteStudent, ForgetCustomer, RequireStudent, SaveCustomerId


@operation.register
def _save_customer(write: SaveCustomerId) -> Operation:
    student = keys.student(write.user_id)
    if write.customer_id is None:
        return check(student, PRESENT, _not_found)
    attribute = _customer(write.provider)
    return update(
        student,
        f"SET {attribute} = if_not_exists({attribute}, :customer)",
        condition=PRESENT,
        values={":customer": write.customer_id},
        conflict=_not_found,
    )


@operation.register
def _forget_customer(write: ForgetCustomer) -> Operation:
    attribute = _customer(write.provider)
    return update(
        keys.student(write.user_id),
        f"REMOVE {attribute}",
        condition=f"{attribute} = :customer",
        values={":customer": write.customer_id},
        conflict=_not_found,
    )


@operation.register
def _require(write: RequireStudent) -> Operation:
    return check(keys.student(write.user_id), PRESENT, _not_found)


@operation.register
def _delete(write: DeleteStudent) -> Operation:
    return delete(keys.student(write.user_id), condition=PRESENT, values={}, conflict=_not_found)


def _customer(provider: str) -> str:
    return f"#{provider}CustomerId"


def _not_found(_found: Item | None) -> DomainError:
    return StudentNotFound()
