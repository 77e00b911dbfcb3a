"""Changes field by field: what is given is set, what is not stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import fields

if TYPE_CHECKING:
    from attrs import AttrsInstance


class Unchanged(Enum):
    """The value of a field that is to stay as it is; None removes what is there."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED

NOTHING = object()
"""The state of an object before it exists: every field differs from it."""


def given(changes: AttrsInstance) -> dict[str, Any]:
    """The fields of an attrs object that are to change, or that were seen, by name."""
    values = ((field.name, getattr(changes, field.name)) for field in fields(type(changes)))
    return {name: value for name, value in values if value is not UNCHANGED}


def differences(before: object, after: object, names: Iterable[str]) -> tuple[dict[str, object], dict[str, object]]:
    """Those of the named fields in which two states of an object differ, as plain values: before and after.

    The names are written as the API writes them: ``valid_until`` becomes ``validUntil``.
    """
    if before is NOTHING:
        return {}, _plain_fields(after, names)
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    return _plain_fields(before, changed), _plain_fields(after, changed)


def _plain_fields(state: object, names: Iterable[str]) -> dict[str, object]:
    return {_camel(name): plain(getattr(state, name)) for name in names}


def plain(value: object) -> object:
    """The value as text, number, truth value, list, mapping or None, for a record."""
    match value:
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case frozenset():
            return sorted(str(entry) for entry in value)
        case list() | tuple():
            return [plain(entry) for entry in value]
        case Mapping():
            return {str(name): plain(entry) for name, entry in value.items()}
        case _:
            return value if value is None or type(value) in (bool, int) else str(value)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
