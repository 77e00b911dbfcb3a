"""Writing JSON: decimals as exact numbers, and nothing that JSON does not have."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring as _text

_NAMES = {None: "null", True: "true", False: "false"}


def to_json(value: object) -> str:
    """The value as JSON text.

    Raises:
        TypeError: it holds something that JSON does not have, or a float.
    """
    match value:
        case str():
            return _text(value)
        case Mapping():
            return "{" + ",".join([f"{_text(str(name))}:{to_json(each)}" for name, each in value.items()]) + "}"
        case list() | tuple():
            return "[" + ",".join([to_json(each) for each in value]) + "]"
        case None | bool():
            return _NAMES[value]
        case int():
            return int.__repr__(value)
        case Decimal() if value.is_finite():
            return format(value.normalize(), "f")
        case _:
            raise TypeError(f"{type(value).__name__} cannot be written as JSON")
