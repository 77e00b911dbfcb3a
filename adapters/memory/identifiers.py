"""Ids that count up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from attrs import define, field

from domain.ports.identifiers import IdGenerator


@define(eq=False)
class MemoryIdGenerator(IdGenerator):
    """Counts: the first session is ``ps_000001``."""

    _audit_numbers: Iterator[int] = field(factory=lambda: itertools.count(1), init=False)
    _certificate_numbers: Iterator[int] = field(factory=lambda: itertools.count(1), init=False)
    _numbers: Iterator[int] = field(factory=lambda: itertools.count(1), init=False)

    def payment_session_id(self) -> str:
        """The next id."""
        return f"ps_{next(self._numbers):06d}"

    def audit_id(self) -> str:
        """The next id of an audit record."""
        return f"au_{next(self._audit_numbers):06d}"

    def certificate_number(self) -> str:
        """The next number of a certificate."""
        return f"CERT-0000-0000-{next(self._certificate_numbers):04d}"
