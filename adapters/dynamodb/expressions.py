"""Expressions name attributes as ``#name``, whatever the name: that keeps clear of DynamoDB's reserved words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

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


def setting(attributes: Mapping[str, object], *, remove: Iterable[str] = ()) -> tuple[str, dict[str, object]]:
    """An update expression that sets these attributes (None: leave it alone) and removes others, with its values."""
    given = {name: value for name, value in attributes.items() if value is not None}
    sets = "SET " + ", ".join(f"#{name} = :set_{name}" for name in given)
    removed = ", ".join(f"#{name}" for name in remove)
    return sets + (f" REMOVE {removed}" if removed else ""), {f":set_{name}": value for name, value in given.items()}
