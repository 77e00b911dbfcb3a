"""Reading single values out of what Stripe sends, each strictly of its type.

Every function raises ``MalformedEvent`` where something else stands than it says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from domain.errors import InvalidValue, MalformedEvent
from domain.money import Money

Json = Mapping[str, object]

# Stripe's ids and types. They become parts of keys, where "#" separates.
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")


def name(thing: Json, key: str) -> str:
    """An id or a type, by which Stripe names something."""
    value = thing.get(key)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise MalformedEvent
    return value


def other(thing: Json, key: str) -> str | None:
    """The id of another object, given as the id, as the expanded object, or as null."""
    value = thing.get(key)
    if value is None:
        return None
    return name(value, "id") if isinstance(value, Mapping) else name(thing, key)


def text(thing: Json, key: str) -> str | None:
    """Text, or null."""
    value = thing.get(key)
    if value is not None and not isinstance(value, str):
        raise MalformedEvent
    return value


def inner(thing: Json, key: str) -> Json:
    """The object within the object; empty when it is null or absent."""
    value = thing.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise MalformedEvent
    return value


def flag(thing: Json, key: str) -> bool:
    """True or false."""
    value = thing.get(key)
    if not isinstance(value, bool):
        raise MalformedEvent
    return value


def moment(thing: Json, key: str) -> datetime:
    """A time, given in whole seconds since 1970."""
    try:
        return datetime.fromtimestamp(whole(thing, key), UTC)
    except (OverflowError, OSError, ValueError):
        raise MalformedEvent from None


def money(thing: Json, key: str) -> Money | None:
    """The amount under the key, in the object's currency; None when nothing is ever sold in that currency or size."""
    amount, currency = whole(thing, key), name(thing, "currency")
    try:
        return Money(amount, currency)
    except InvalidValue:
        return None


def whole(thing: Json, key: str) -> int:
    """An integer. NaN, true and 39.20 are none."""
    value = thing.get(key)
    if type(value) is not int:
        raise MalformedEvent
    return value
