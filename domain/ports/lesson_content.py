"""Where the content of lessons is."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from attrs import field, frozen


@frozen(kw_only=True)
class LessonContent:
    """An address at which one lesson can be seen, until ``expires_at``; without end where that is None."""

    url: str = field(repr=False)
    expires_at: datetime | None


class LessonLibrary(Protocol):
    """Knows the addresses of lessons. Whether somebody may have one is the caller's to decide."""

    def content(self, course_id: str, lesson_id: str, until: datetime) -> LessonContent | None:
        """The lesson's address, good until ``until`` where addresses can expire. None where the school keeps its
        lessons elsewhere.

        Raises:
            SecretsUnavailable: the key that signs addresses cannot be read now.
        """
        ...
