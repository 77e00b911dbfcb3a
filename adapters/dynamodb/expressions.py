"""Expressions name attributes as ``#name``, whatever the name: that keeps clear of DynamoDB's reserved words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field

from adapters.dynamodb.codec import encode

ABSENT = "attribute_not_exists(#PK)"
PRESENT = "attribute_exists(#PK)"


def parts(values: Mapping[str, object], **given: str) -> dict[str, Any]:
    """The expressions that are not empty, with the names and values they use, as parts of a request."""
    used = {name: expression for name, expression in given.items() if expression}
    names = {f"#{name}": name for name in re.findall(r"#(\w+)", " ".join(used.values()))}
    request: dict[str, Any] = dict(used)
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = encode(values)
    return request


@define
class Condition:
    """A condition that is built clause by clause, with the values it compares to.

    Other back ends store "nothing" as NULL or leave the attribute out: both are the same here.
    """

    clauses: list[str] = field(factory=list)
    values: dict[str, object] = field(factory=dict)

    def same(self, name: str, value: object, *, absent: object = None) -> Condition:
        """And the attribute is as it was read; ``absent`` is what the value is where none is stored."""
        ways = []
        if value is None or value == absent:
            self.values[":null"] = "NULL"
            ways += [f"attribute_not_exists(#{name})", f"attribute_type(#{name}, :null)"]
        if value is not None:
            self.values[f":was_{name}"] = value
            ways.append(f"#{name} = :was_{name}")
        self.clauses.append(f"({' OR '.join(ways)})" if len(ways) > 1 else ways[0])
        return self

    def also(self, clause: str, values: Mapping[str, object] | None = None) -> Condition:
        """And this clause."""
        self.clauses.append(clause)
        self.values |= values or {}
        return self

    @property
    def expression(self) -> str:
        """All clauses together."""
        return " AND ".join(self.clauses)


def setting(attributes: Mapping[str, object], *, remove: Iterable[str] = ()) -> tuple[str, dict[str, object]]:
    """An update expression that sets these attributes (None: leave it alone) and removes others, with its values."""
    given = {name: value for name, value in attributes.items() if value is not None}
    sets = ", ".join(f"#{name} = :set_{name}" for name in given)
    removed = ", ".join(f"#{name}" for name in remove)
    parts = ((word, names) for word, names in (("SET", sets), ("REMOVE", removed)) if names)
    expression = " ".join(f"{word} {names}" for word, names in parts)
    return expression, {f":set_{name}": value for name, value in given.items()}


def replacing(attributes: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """An update expression that sets these attributes and removes those that are None, with its values."""
    return setting(attributes, remove=[name for name, value in attributes.items() if value is None])
