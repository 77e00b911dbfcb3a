"""Ids that may enter a key: letters, digits, dash and underscore, at most 64 of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from domain.errors import InvalidValue

if TYPE_CHECKING:
    from attrs import Attribute

ID_PATTERN = r"[A-Za-z0-9_-]{1,64}"
_ID = re.compile(ID_PATTERN)


def is_id(text: object) -> bool:
    """Whether the text can be an id. ``fullmatch``, since ``match`` with ``$`` would accept a final newline."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def an_id(_instance: object, attribute: Attribute[str], value: str) -> None:
    """Validate, for attrs, that the field holds an id."""
    if not is_id(value):
        raise InvalidValue(f"{attribute.name} is not a valid id.")
