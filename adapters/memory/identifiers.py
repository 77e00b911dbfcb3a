"""Ids that count up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from attrs import define, field

from domain.ports.identifiers import IdGenerator


@define(eq=False)
class MemoryIdGenerator(IdGenerator):
    """Counts: the first session is ``ps_000001``."""

    _numbers: Iterator[int] = field(factory=lambda: itertools.count(1), init=False)

    def payment_session_id(self) -> str:
        """The next id."""
        return f"ps_{next(self._numbers):06d}"
