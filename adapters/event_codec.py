"""News as JSON text, for wherever they wait to be settled. Ids, types, amounts and modes only: nothing personal."""

from __future__ import annotations

import json

from attrs import NOTHING, Attribute, fields

from adapters.strict_json import load_object
from domain.errors import InvalidValue, MalformedEvent
from domain.money import Money
from domain.payments.events import EVENT_TYPES, PaymentEvent

VERSION = 1


def encode(event: PaymentEvent) -> str:
    """The news as text, under the name of their kind."""
    facts = {attribute.name: _plain(getattr(event, attribute.name)) for attribute in fields(type(event))}
    return json.dumps({"version": VERSION, "news": type(event).__name__, **facts}, separators=(",", ":"))


def decode(text: str) -> PaymentEvent:
    """The news in the text.

    Raises:
        MalformedEvent: not written by ``encode``, or by a later version of it.
    """
    try:
        written = load_object(text)
        kind = EVENT_TYPES[str(written.pop("news", None))]
        if written.pop("version", None) != VERSION:
            raise MalformedEvent
        return _rebuilt(kind, written)
    except (ValueError, KeyError, InvalidValue):
        raise MalformedEvent from None


def _rebuilt(kind: type[PaymentEvent], written: dict[str, object]) -> PaymentEvent:
    wanted = {attribute.name: attribute for attribute in fields(kind)}
    needed = {name for name, attribute in wanted.items() if attribute.default is NOTHING}
    if not needed <= written.keys() <= wanted.keys():
        raise MalformedEvent
    return kind(**{name: _read(wanted[name], value) for name, value in written.items()})  # type: ignore[arg-type]


def _plain(value: object) -> object:
    return {"amount": value.amount, "currency": value.currency} if isinstance(value, Money) else value


def _read(attribute: Attribute[object], value: object) -> object:
    """The value as the attribute wants it. Types are strict: the amount 1.0 and the mode "false" are mistakes."""
    match attribute.name, value:
        case "amount", {"amount": int() as amount, "currency": str() as currency}:
            return Money(amount, currency)
        case "livemode", bool():
            return value
        case "livemode", _:
            raise MalformedEvent
        case _, str():
            return value
        case _, None if _may_be_none(attribute):
            return None
        case _:
            raise MalformedEvent


def _may_be_none(attribute: Attribute[object]) -> bool:
    return "None" in str(attribute.type)
