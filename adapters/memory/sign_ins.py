"""Accounts to sign in with, of which only what was deleted is remembered."""

from __future__ import annotations

from attrs import define, field

from domain.ports.sign_ins import SignIns


@define(eq=False)
class MemorySignIns(SignIns):
    """Everybody has an account, but for those ``deleted``."""

    deleted: set[str] = field(factory=set)

    def delete(self, user_id: str) -> None:
        """Delete the account."""
        self.deleted.add(user_id)
