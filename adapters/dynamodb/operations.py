"""One write as DynamoDB takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any, Literal

from attrs import frozen

from adapters.dynamodb.codec import Item, encode
from adapters.dynamodb.expressions import parts
from adapters.dynamodb.keys import Key
from domain.errors import DomainError

Refusal = Callable[[Item | None], DomainError]
"""From the item that was found to what the failed condition means."""


@frozen
class Operation:
    """A put, an update, a delete or a condition check, and the conflict that its failed condition means."""

    action: Literal["Put", "Update", "Delete", "ConditionCheck"]
    request: dict[str, Any]
    conflict: Refusal


def unconditional(_found: Item | None) -> DomainError:
    """The conflict of a write without a condition, which cannot happen."""
    raise AssertionError("a write without a condition conflicted")


def put(
    attributes: Mapping[str, object],
    condition: str = "",
    conflict: Refusal = unconditional,
    *,
    values: Mapping[str, object] | None = None,
) -> Operation:
    """Store an item, replacing one under the same key."""
    expressions = parts(values or {}, ConditionExpression=condition)
    return Operation("Put", {"Item": encode(attributes)} | expressions, conflict)


def update(
    key: Key, expression: str, *, condition: str, values: Mapping[str, object], conflict: Refusal = unconditional
) -> Operation:
    """Change some attributes and leave the others as they are; with nothing to change, only ask."""
    if not expression:
        return check(key, condition, conflict, values=values)
    expressions = parts(values, UpdateExpression=expression, ConditionExpression=condition)
    return Operation("Update", {"Key": encode(key.attributes)} | expressions, conflict)


def delete(key: Key, *, condition: str, values: Mapping[str, object], conflict: Refusal) -> Operation:
    """Delete an item."""
    return Operation("Delete", {"Key": encode(key.attributes)} | parts(values, ConditionExpression=condition), conflict)


def check(key: Key, condition: str, conflict: Refusal, *, values: Mapping[str, object] | None = None) -> Operation:
    """Write nothing, only check a condition."""
    expressions = parts(values or {}, ConditionExpression=condition)
    return Operation("ConditionCheck", {"Key": encode(key.attributes)} | expressions, conflict)


@singledispatch
def operation(write: object) -> Operation | tuple[Operation, ...]:
    """The operation of a write, or several that stand for it. Each kind of write registers its own."""
    raise TypeError(f"{type(write).__name__} is no write that has an operation.")
