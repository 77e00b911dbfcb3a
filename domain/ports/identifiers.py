"""New ids."""

from __future__ import annotations

from typing import Protocol


class IdGenerator(Protocol):
    """Generates unique ids."""

    def payment_session_id(self) -> str:
        """A new id for a payment session. Later ids sort after earlier ones, to the millisecond."""
        ...

    def audit_id(self) -> str:
        """A new id for an audit record. Later ids sort after earlier ones, to the millisecond."""
        ...

    def certificate_number(self) -> str:
        """A new number for a certificate: sixteen random digits and letters in groups of four, not to be guessed."""
        ...
