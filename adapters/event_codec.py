"""Events of a provider as JSON text, the format of the queue's messages.

Ids, types, amounts and modes only: nothing personal.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from attrs import NOTHING, Attribute, fields

from adapters.strict_json import load_object
from domain.errors import InvalidValue, MalformedEvent
from domain.money import Money
from domain.payments.events import EVENT_TYPES, CheckoutApproved, PaymentDeclined, ProviderEvent, ReversalReported

VERSION = 1
"""The version of messages that every reader knows."""

_TYPES: dict[str, type[ProviderEvent]] = {**EVENT_TYPES, ReversalReported.__name__: ReversalReported}
_VERSIONS: dict[type[ProviderEvent], int] = {CheckoutApproved: 2, PaymentDeclined: 2, ReversalReported: 2}
_SINCE_2 = frozenset({"received", "received_currency"})
"""Attributes that readers of version 1 do not know: only where they say something, and then in version 2."""


def encode(event: ProviderEvent) -> str:
    """The event as JSON. The key ``news`` holds the name of its class; messages have always had it, so it stays.

    Events that readers of version 1 do not know are of version 2: such a reader leaves them to a later one.
    """
    values = {attribute.name: _plain(getattr(event, attribute.name)) for attribute in fields(type(event))}
    said = {name: value for name, value in values.items() if name not in _SINCE_2 or value is not None}
    version = _version(type(event), said.keys())
    return json.dumps({"version": version, "news": type(event).__name__, **said}, separators=(",", ":"))


def decode(text: str) -> ProviderEvent:
    """Parses an event.

    Raises:
        MalformedEvent: the text was not written by ``encode``, or by a later version of it.
    """
    try:
        values = load_object(text)
        event_type = _TYPES[str(values.pop("news", None))]
        if values.pop("version", None) != _version(event_type, values.keys()):
            raise MalformedEvent
        return _event(event_type, values)
    except (ValueError, KeyError, InvalidValue):
        raise MalformedEvent from None


def _version(event_type: type[ProviderEvent], names: Collection[str]) -> int:
    return 2 if _SINCE_2 & set(names) else _VERSIONS.get(event_type, VERSION)


def _event(event_type: type[ProviderEvent], values: dict[str, object]) -> ProviderEvent:
    attributes = {attribute.name: attribute for attribute in fields(event_type)}
    required = {name for name, attribute in attributes.items() if attribute.default is NOTHING}
    if not required <= values.keys() <= attributes.keys():
        raise MalformedEvent
    return event_type(**{name: _parsed(attributes[name], value) for name, value in values.items()})  # type: ignore[arg-type]


def _plain(value: object) -> object:
    return {"amount": value.amount, "currency": value.currency} if isinstance(value, Money) else value


def _parsed(attribute: Attribute[object], value: object) -> object:
    """The value for the attribute. Types are strict: an amount of 1.0 or a mode of "false" is refused."""
    match attribute.name, value:
        case "amount", {"amount": int() as amount, "currency": str() as currency}:
            return Money(amount, currency)
        case "received", int() if type(value) is int:
            return value
        case "livemode", bool():
            return value
        case ("livemode", _) | ("amount" | "received", str()):
            raise MalformedEvent
        case _, str():
            return value
        case _, None if _may_be_none(attribute):
            return None
        case _:
            raise MalformedEvent


def _may_be_none(attribute: Attribute[object]) -> bool:
    return "None" in str(attribute.type)
