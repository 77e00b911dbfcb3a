"""Accounts that people sign in with."""

from __future__ import annotations

from typing import Protocol


class SignIns(Protocol):
    """The school's accounts, each with the user id that its tokens carry."""

    def delete(self, user_id: str) -> None:
        """Delete the account, so that nobody can sign in with it any more. One that is gone is deleted.

        Tokens that were issued before are valid until they expire. Does nothing where accounts are somebody else's to
        delete. Safe to repeat.

        Raises:
            SignInsUnavailable: no answer, or the deletion is refused; try again.
        """
        ...
