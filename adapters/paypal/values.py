"""Typed access to PayPal's JSON objects, and its amounts, which are decimal strings.

Every function raises ``MalformedEvent`` if a field has another type than the function reads; nothing is converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from adapters.strict_json import load_object
from adapters.timestamps import from_text
from domain.errors import InvalidValue, MalformedEvent
from domain.money import EXPONENTS, Money, whole_units

JsonObject = Mapping[str, object]

# Ids become parts of storage keys, in which "#" is the separator.
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_AMOUNT = re.compile(r"-?[0-9]{1,28}(\.[0-9]{1,4})?")

NO_DECIMALS = frozenset({"huf", "jpy", "twd"})
"""Currencies that PayPal takes without decimals, whatever ISO 4217 says."""


def parsed(body: bytes) -> JsonObject:
    """The JSON object in these bytes."""
    try:
        found: JsonObject = load_object(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise MalformedEvent from None
    return found


def identifier(source: JsonObject, key: str) -> str:
    """A required id or word: 1 to 255 letters, digits, dots, hyphens and underscores."""
    value = source.get(key)
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise MalformedEvent
    return value


def text(source: JsonObject, key: str) -> str:
    """A string; an empty one if the field is null or absent."""
    value = source.get(key)
    if value is not None and not isinstance(value, str):
        raise MalformedEvent
    return value or ""


def nested(source: JsonObject, key: str) -> JsonObject:
    """A nested object; an empty one if the field is null or absent."""
    value = source.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise MalformedEvent
    return value or {}


def objects(source: JsonObject, key: str) -> Iterator[JsonObject]:
    """The objects in a list; none if the field is null or absent."""
    value = source.get(key)
    if value is not None and not isinstance(value, list):
        raise MalformedEvent
    for one in value or ():
        if not isinstance(one, Mapping):
            raise MalformedEvent
        yield one


def listed(source: JsonObject, key: str) -> Iterator[JsonObject]:
    """The objects of a page of a list. What has neither the objects nor a page's links is no page."""
    if source.get(key) is None and source.get("links") is None:
        raise MalformedEvent
    return objects(source, key)


def first(source: JsonObject, key: str) -> JsonObject:
    """The first object of a list; an empty one if there is none."""
    return next(objects(source, key), {})


def link(source: JsonObject, *relations: str) -> str | None:
    """The address of the first link with one of these relations."""
    found = {text(one, "rel"): text(one, "href") for one in objects(source, "links")}
    return next((found[name] for name in relations if found.get(name)), None)


def timestamp(source: JsonObject, key: str) -> datetime:
    """A timestamp, with the offset that it must have, in UTC."""
    try:
        return from_text(text(source, key))
    except (ValueError, OverflowError):
        raise MalformedEvent from None


def integer(source: JsonObject, key: str) -> int:
    """An integer; 0 if the field is null or absent."""
    value = source.get(key)
    if value is not None and type(value) is not int:
        raise MalformedEvent
    return value or 0


def minor_units(source: JsonObject, key: str) -> tuple[int, str]:
    """An amount in minor units, exactly, and the lower-case code of its currency."""
    amount, currency = signed_minor_units(source, key)
    if amount < 0:
        raise MalformedEvent
    return amount, currency


def signed_minor_units(source: JsonObject, key: str) -> tuple[int, str]:
    """As ``minor_units``, of an amount that may be negative: money that leaves the account."""
    amount = nested(source, key)
    currency, value = text(amount, "currency_code").lower(), text(amount, "value")
    if not _AMOUNT.fullmatch(value) or not currency:
        raise MalformedEvent
    decimals = EXPONENTS.get(currency, 0 if currency in NO_DECIMALS else 2)
    try:
        return whole_units(Decimal(value), decimals), currency
    except (InvalidValue, InvalidOperation):
        raise MalformedEvent from None


def money(source: JsonObject, key: str) -> Money | None:
    """An amount; None in a currency or size that we never sell in."""
    amount, currency = minor_units(source, key)
    try:
        return Money(amount, currency)
    except InvalidValue:
        return None


def amount_body(amount: Money) -> dict[str, str]:
    """The amount as PayPal takes it.

    Raises:
        InvalidValue: PayPal takes no decimals of this currency, and there are some.
    """
    decimals = 0 if amount.currency in NO_DECIMALS else EXPONENTS[amount.currency]
    exact = amount.to_decimal()
    if exact != round(exact, decimals):
        raise InvalidValue("PayPal takes no decimals of this currency.")
    return {"currency_code": amount.currency.upper(), "value": f"{exact:.{decimals}f}"}
