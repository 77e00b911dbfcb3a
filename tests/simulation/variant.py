"""What a history's world may have beside what every history has."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Flag, auto


class Variant(Flag):
    """Combined with ``|``."""

    CAPTURES = auto()
    """The provider moves no money before a capture."""

    TWO = auto()
    """Two providers are live, one of which captures; students choose for each purchase."""

    SEATS = auto()
    """Most courses have few seats, and a line for them."""

    @property
    def options(self) -> list[str]:
        """As they are written on the command line and beside a kept seed."""
        return [f"--{one.name.lower()}" for one in self if one.name]


DEFAULT = Variant(0)
"""One provider that charges at once, and courses without a capacity."""


def variant_of(words: Iterable[str]) -> Variant:
    """The variant that such options name; other words say nothing of it."""
    variant = DEFAULT
    for word in words:
        for one in Variant:
            if [word] == one.options:
                variant |= one
    return variant
