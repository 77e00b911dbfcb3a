"""Reading items strictly: what is stored is either what it should be, or named as unreadable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from math import floor
from typing import TypeVar

from attrs import frozen

from adapters.dynamodb.codec import Item
from adapters.timestamps import from_record
from domain.errors import InvalidValue, RecordUnreadable
from domain.ports.telemetry import Signal, Telemetry

T = TypeVar("T")


@frozen
class Attributes:
    """The attributes of one item. A method without ``maybe`` insists that the attribute is there.

    Raises:
        KeyError, TypeError, ValueError: any method, when the attribute is missing or something else than it should be.
    """

    item: Item

    def text(self, name: str) -> str:
        """A text."""
        return self._as(str, name)

    def maybe_text(self, name: str) -> str | None:
        """A text, if any."""
        return self.text(name) if name in self.item else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty when there is none."""
        return tuple(_checked(str, text) for text in self.maybe_list(name))

    def integer(self, name: str) -> int:
        """An integer; true and false are none."""
        return self._as(int, name)

    def maybe_integer(self, name: str) -> int | None:
        """An integer, if any."""
        return self.integer(name) if name in self.item else None

    def maybe_floored(self, name: str) -> int | None:
        """A number without its fraction, if any."""
        number = self.maybe_decimal(name)
        return None if number is None else floor(number)

    def maybe_decimal(self, name: str) -> Decimal | None:
        """An exact number, if any."""
        if name not in self.item:
            return None
        value = self.item[name]
        return value if isinstance(value, Decimal) else Decimal(_checked(int, value))

    def boolean(self, name: str, *, absent: bool = False) -> bool:
        """True or false; ``absent`` says what it means when neither is stored."""
        return self._as(bool, name) if name in self.item else absent

    def timestamp(self, name: str) -> datetime:
        """A timestamp, in UTC."""
        return from_record(self.text(name))

    def maybe_timestamp(self, name: str) -> datetime | None:
        """A timestamp, if any."""
        return self.timestamp(name) if name in self.item else None

    def maybe_list(self, name: str) -> list[object]:
        """A list, empty when there is none; a set is a list in no order."""
        if isinstance(self.item.get(name), frozenset):
            return sorted(self._as(frozenset, name), key=str)
        return self._as(list, name) if name in self.item else []

    def by_provider(self, suffix: str) -> dict[str, str]:
        """Texts by payment provider: ``stripeCustomerId`` is what stripe has for the suffix ``CustomerId``."""
        named = re.compile(rf"([a-z][a-z0-9_]*){suffix}")
        found = {match[1]: self.text(name) for name in self.item if (match := named.fullmatch(name))}
        return dict(sorted(found.items()))

    def _as(self, kind: type[T], name: str) -> T:
        return _checked(kind, self.item[name])


@contextmanager
def reading(kind: str, item: Item) -> Iterator[Attributes]:
    """The item's attributes; whatever goes wrong inside is ``RecordUnreadable``, which names the item by its keys."""
    try:
        yield Attributes(item)
    except (KeyError, TypeError, ValueError, ArithmeticError, InvalidValue) as error:
        where = f"{item.get('PK')} {item.get('SK')}"
        raise RecordUnreadable(f"The stored {kind} {where} cannot be read ({type(error).__name__}).") from error


def readable(items: Iterable[Item], read: Callable[[Item], T], telemetry: Telemetry) -> list[T]:
    """The items that can be read. The others are reported to operations and left out: one must not hide the rest."""
    found = []
    for item in items:
        try:
            found.append(read(item))
        except RecordUnreadable:
            telemetry.emit(Signal.RECORD_UNREADABLE, pk=str(item.get("PK")), sk=str(item.get("SK")))
    return found


def _checked(kind: type[T], value: object) -> T:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"expected {kind.__name__}")
    return value
