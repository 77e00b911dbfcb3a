"""Writing JSON: decimals as exact numbers, and nothing that JSON does not have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal


def to_json(value: object) -> str:
    """The value as JSON text.

    Raises:
        TypeError: it holds something that JSON does not have, or a float.
    """
    match value:
        case None | bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case Decimal() if value.is_finite():
            return format(value.normalize(), "f")
        case Mapping():
            return (
                "{" + ",".join(f"{json.dumps(str(k), ensure_ascii=False)}:{to_json(v)}" for k, v in value.items()) + "}"
            )
        case list() | tuple():
            return "[" + ",".join(map(to_json, value)) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} cannot be written as JSON")
