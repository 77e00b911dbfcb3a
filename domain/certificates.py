"""Certificates: a public number under which anybody can verify that a student completed a course."""

from __future__ import annotations

import re
from datetime import datetime

from attrs import field, frozen

from domain.identifiers import an_id

NUMBER_PATTERN = r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}"
"""Sixteen digits and letters without I, L, O and U, which are misread, in groups of four."""

_NUMBER = re.compile(NUMBER_PATTERN)


def is_number(text: str) -> bool:
    """Whether the text can be a certificate's number."""
    return _NUMBER.fullmatch(text) is not None


@frozen(kw_only=True)
class Certificate:
    """That a student completed a course. The names are those at the time of issue: later changes do not reach what
    somebody has printed.
    """

    number: str
    user_id: str = field(validator=an_id)
    course_id: str = field(validator=an_id)
    student_name: str = field(repr=False)
    course_name: str
    completed_at: datetime
    issued_at: datetime
