"""Attribute values: plain Python to DynamoDB's typed JSON and back. Numbers are integers or Decimal, never floats; sets
are frozensets.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Item = dict[str, object]
"""An item's attributes as plain values; what is stored as NULL is left out."""

Wire = dict[str, Any]
"""The same as DynamoDB sends it: every value under the letter of its type."""


_SETS = ({"S"}, {"N"}, {"B"})  # what sets are made of, never mixed


def encode(attributes: Mapping[str, object]) -> Wire:
    """Attributes for DynamoDB. None is not stored: an attribute that says nothing is absent.

    Raises:
        TypeError: a value that the table has no form for, such as a float.
    """
    return {name: _typed(value) for name, value in attributes.items() if value is not None}


def decode(wire: Mapping[str, Any]) -> Item:
    """An item as it came from DynamoDB."""
    plain = {name: _plain(value) for name, value in wire.items()}
    return {name: value for name, value in plain.items() if value is not None}


def _typed(value: object) -> Wire:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int() | Decimal():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case _:
            return _typed_collection(value)


def _typed_collection(value: object) -> Wire:
    match value:
        case Mapping():
            return {"M": {str(name): _typed(inner) for name, inner in value.items()}}
        case list() | tuple():
            return {"L": [_typed(inner) for inner in value]}
        case frozenset() if (kinds := {kind for inner in value for kind in _typed(inner)}) in _SETS:
            (kind,) = kinds
            return {f"{kind}S": sorted(_typed(inner)[kind] for inner in value)}
        case _:
            raise TypeError(f"{type(value).__name__} has no form in the table")


def _plain(value: Mapping[str, Any]) -> object:
    ((kind, content),) = value.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return _number(content)
        case "M":
            return {name: _plain(inner) for name, inner in content.items()}
        case "L":
            return [_plain(inner) for inner in content]
        case "SS" | "NS" | "BS":
            return frozenset(_plain({kind[0]: inner}) for inner in content)
        case _:  # S, BOOL and B are what they are
            return content


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number.is_finite() and number == number.to_integral_value() else number
