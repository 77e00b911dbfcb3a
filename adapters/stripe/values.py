"""Typed access to the fields of Stripe's JSON objects.

Every function raises ``MalformedEvent`` if the field has another type than the function reads; nothing is converted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from domain.errors import InvalidValue, MalformedEvent
from domain.money import Money

JsonObject = Mapping[str, object]

# Ids and types become parts of storage keys, in which "#" is the separator.
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.-]{1,255}")


def identifier(source: JsonObject, key: str) -> str:
    """A required id, type or currency code: 1 to 255 letters, digits, dots, hyphens and underscores."""
    value = source.get(key)
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise MalformedEvent
    return value


def related_id(source: JsonObject, key: str) -> str | None:
    """The id of a related object, which Stripe sends as an id, as the expanded object, or as null."""
    value = source.get(key)
    if value is None:
        return None
    return identifier(value, "id") if isinstance(value, Mapping) else identifier(source, key)


def optional_text(source: JsonObject, key: str) -> str | None:
    """A string; None if the field is null or absent."""
    value = source.get(key)
    if value is not None and not isinstance(value, str):
        raise MalformedEvent
    return value


def nested(source: JsonObject, key: str) -> JsonObject:
    """A nested object; an empty one if the field is null or absent."""
    value = source.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise MalformedEvent
    return value


def expanded(source: JsonObject, key: str) -> JsonObject:
    """A related object that was asked for; an empty one if Stripe sent its id only, or null."""
    value = source.get(key)
    return {} if isinstance(value, str) else nested(source, key)


def objects(source: JsonObject, key: str) -> list[JsonObject]:
    """A required list of objects."""
    value = source.get(key)
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise MalformedEvent
    return value


def amount(source: JsonObject, key: str) -> int:
    """A required amount in minor units that is not negative."""
    value = integer(source, key)
    if value < 0:
        raise MalformedEvent
    return value


def boolean(source: JsonObject, key: str) -> bool:
    """A required boolean."""
    value = source.get(key)
    if not isinstance(value, bool):
        raise MalformedEvent
    return value


def timestamp(source: JsonObject, key: str) -> datetime:
    """A required Unix timestamp in whole seconds, as an aware UTC datetime."""
    try:
        return datetime.fromtimestamp(integer(source, key), UTC)
    except (OverflowError, OSError, ValueError):
        raise MalformedEvent from None


def money(source: JsonObject, key: str) -> Money | None:
    """The amount in minor units under the key, in the object's ``currency``.

    None if ``Money`` does not accept the amount or the currency: the school never sells at such a price.
    """
    try:
        return Money(*units_of(source, key))
    except InvalidValue:
        return None


def units_of(source: JsonObject, key: str) -> tuple[int, str]:
    """The amount in minor units under the key, and the object's ``currency``, whether or not we sell in it."""
    return integer(source, key), identifier(source, "currency")


def integer(source: JsonObject, key: str) -> int:
    """A required integer; booleans and numbers with a fraction are refused."""
    value = source.get(key)
    if type(value) is not int:
        raise MalformedEvent
    return value
