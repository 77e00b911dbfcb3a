"""Students, as their sign-in claims and purchases describe them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from attrs import evolve, field, frozen
from attrs.validators import max_len, min_len

from domain.errors import InvalidValue
from domain.identifiers import an_id

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """The text without characters that a name cannot need and that mislead whoever reads it.

    These are control characters, line separators, lone surrogates, and those that turn the direction of writing.
    """
    return "".join(letter for letter in text if not _is_misleading(letter))


def _is_misleading(letter: str) -> bool:
    return letter in _DIRECTIONS or unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")


@frozen(kw_only=True)
class Student:
    """One person. ``customers`` maps a payment provider's name to its id for this person."""

    user_id: str = field(validator=an_id)
    email: str
    name: str = ""
    email_verified: bool = False
    sign_up_method: str | None = None
    customers: Mapping[str, str] = field(factory=lambda: MappingProxyType({}))
    created_at: datetime
    updated_at: datetime

    def completed_by(self, identity: Identity, at: datetime) -> Student:
        """The student with what their sign-in knows better; the same object if it knows nothing better.

        A verified address replaces another one. Whatever the record lacks, as after an existing back end wrote only a
        part of it, comes from the sign-in.
        """
        is_newer = identity.email_verified and identity.email not in ("", self.email)
        email = identity.email if is_newer or not self.email else self.email
        name = self.name or identity.name
        verified = identity.email_verified if email == identity.email and email != "" else self.email_verified
        if (email, name, verified) == (self.email, self.name, self.email_verified):
            return self
        return evolve(self, email=email, name=name, email_verified=verified, updated_at=at)

    def customer_at(self, provider: str) -> str | None:
        """The provider's customer id for this student, None before the first payment there."""
        return self.customers.get(provider)


@frozen(kw_only=True)
class Identity:
    """Who is calling, as their sign-in proves it."""

    user_id: str = field(validator=an_id)
    email: str = ""
    name: str = field(default="", converter=printable)
    email_verified: bool = False

    def as_student(self, at: datetime) -> Student:
        """The student this person becomes when first seen."""
        return Student(
            user_id=self.user_id,
            email=self.email,
            name=self.name,
            email_verified=self.email_verified,
            created_at=at,
            updated_at=at,
        )


def _as_name(text: str) -> str:
    if printable(text) != text:
        raise InvalidValue("A name cannot have line breaks, control characters or marks that change how text runs.")
    return text.strip()


@frozen(kw_only=True)
class NewName:
    """A name somebody gives themselves: 1 to 200 characters."""

    name: str = field(converter=_as_name, validator=[min_len(1), max_len(200)])

    def given_to(self, student: Student, at: datetime) -> Student:
        """The student under the new name."""
        return evolve(student, name=self.name, updated_at=at)
