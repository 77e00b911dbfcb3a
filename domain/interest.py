"""Interest: who asked to be notified when a course that is only announced opens."""

from __future__ import annotations

import re
from datetime import datetime

from attrs import Attribute, field, frozen

from domain.errors import InvalidValue
from domain.identifiers import an_id

LONGEST_EMAIL = 254
"""Characters of an e-mail address, as mail servers accept them."""

_EMAIL = re.compile(r"[^\s@<>\"',;:\\()\[\]\x00-\x1f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,63}")


def normal_email(text: str) -> str:
    """An address as it is compared and kept: without white space around it, in lower case."""
    return text.strip().lower()


def checked_email(text: str) -> str:
    """An address as it is compared and kept.

    Raises:
        InvalidValue: it is no e-mail address.
    """
    email = normal_email(text)
    an_email(None, None, email)
    return email


def an_email(_instance: object, _attribute: Attribute[str] | None, value: str) -> None:
    """Validate, for attrs, that the field holds an e-mail address."""
    if len(value) > LONGEST_EMAIL or _EMAIL.fullmatch(value) is None:
        raise InvalidValue("email must be an e-mail address.")


@frozen(kw_only=True)
class Interest:
    """One person's request to be notified about one course. ``email`` is normalized and belongs to nobody we know."""

    course_id: str = field(validator=an_id)
    email: str = field(validator=an_email, repr=False)
    at: datetime
