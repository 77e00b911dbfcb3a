"""What requests of students about themselves say."""

from __future__ import annotations

from attrs import field, frozen

from adapters.http.field_types import OneOf, TextLength


@frozen(kw_only=True)
class RenameRequest:
    """Change the caller's name."""

    name: str = field(validator=TextLength(1, 200))


@frozen(kw_only=True)
class DeletionRequest:
    """Delete the caller and what is stored about them. ``confirm`` is the word that says that they mean it."""

    confirm: str = field(validator=OneOf(("delete",)))
