"""The types of JSON fields: a Python type with the JSON Schema keywords that the OpenAPI document gives it.

Response bodies and request bodies share them. The keywords of a request's field are enforced where the rule lives: by
``OneOf`` and ``TextLength`` while the body is parsed, all others by the domain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any

from attrs import Attribute

from domain.certificates import NUMBER_PATTERN
from domain.changes import UNCHANGED
from domain.coupons import CODE_PATTERN
from domain.courses import LARGEST_CAPACITY
from domain.enrollments import LONGEST_LECTURE_ID
from domain.errors import InvalidValue
from domain.identifiers import ID_PATTERN
from domain.interest import LONGEST_EMAIL

URL_PATTERN = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%{}]{1,2000}"
"""Characters of a URL that a client may send."""

LARGEST_PAGE = 100
"""Entries on one page, at most."""

WAITING = "pending"
"""What a student sees for a session that is being created or open."""

CANCELLING = "cancelling"
"""What a student sees for a live session whose cancellation is requested."""

REFUNDED = "refunded"
"""What a student sees for a payment of which nothing is kept, after refunds."""

CHARGED_BACK = "charged_back"
"""What a student sees for a payment of which nothing is kept, after a lost dispute."""

CLOSED = "closed"
"""What a student sees for money in review about which a person decided to do nothing more."""

MOST_ENTRIES = 1000
"""Entries that a list in a request may have."""


class Keywords:
    """JSON Schema keywords beside ``type``."""

    def __init__(self, **keywords: Any) -> None:  # noqa: ANN401 - a value of JSON, whatever it is
        self.keywords: Mapping[str, Any] = keywords


class OneOf:
    """The text is one of these; as a validator of attrs, refuses any other but None."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = tuple(str(value) for value in values)
        self.keywords: Mapping[str, Any] = {"enum": list(self.values)}

    def __call__(self, _body: object, attribute: Attribute[Any], value: object) -> None:
        """Validate the field.

        Raises:
            InvalidValue: with the sentence that names the field and the values.
        """
        if value is not None and value is not UNCHANGED and value not in self.values:
            raise InvalidValue(f"{attribute.alias} must be one of: {', '.join(self.values)}.")


class TextLength:
    """The text has so many characters, ``least`` of them apart from white space around it. No text is fine."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        self.keywords: Mapping[str, Any] = {"minLength": least, "maxLength": most} if least else {"maxLength": most}

    def __call__(self, _body: object, attribute: Attribute[Any], value: object) -> None:
        """Validate the field.

        Raises:
            InvalidValue: with the sentence that names the field and the limits.
        """
        if isinstance(value, str) and not self.least <= len(value.strip()) <= len(value) <= self.most:
            raise InvalidValue(f"{attribute.alias} must have {self.least} to {self.most} characters.")


class NumberRange:
    """The number is from the one to the other, both included. No number is fine."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        self.keywords: Mapping[str, Any] = {"minimum": least, "maximum": most}

    def __call__(self, _body: object, attribute: Attribute[Any], value: object) -> None:
        """Validate the field.

        Raises:
            InvalidValue: with the sentence that names the field and the limits.
        """
        if isinstance(value, int | Decimal) and not self.least <= value <= self.most:
            raise InvalidValue(f"{attribute.alias} must be from {self.least} to {self.most}.")


def _pattern(pattern: str) -> Keywords:
    return Keywords(pattern=f"^{pattern}$")


Id = Annotated[str, _pattern(ID_PATTERN)]
ForeignId = Annotated[str, _pattern(r"[A-Za-z0-9_.:-]{1,255}")]
Word = Annotated[str, _pattern(r"[a-z_]+")]
Cursor = Annotated[str, _pattern(r"[A-Za-z0-9_:-]{1,500}")]
StoredCouponCode = Annotated[str, _pattern(CODE_PATTERN)]
AnyCaseCouponCode = Annotated[str, _pattern(CODE_PATTERN.replace("A-Z", "A-Za-z"))]
Currency = Annotated[str, _pattern("[a-z]{3}")]
Url = Annotated[str, Keywords(format="uri", pattern="^https?://")]
OwnUrl = Annotated[str, Keywords(format="uri-reference", pattern=f"^{URL_PATTERN}$")]
Date = Annotated[str, Keywords(format="date")]
Email = Annotated[str, Keywords(format="email", maxLength=LONGEST_EMAIL)]
CertificateNumber = Annotated[str, _pattern(NUMBER_PATTERN)]
Timestamp = Annotated[str, Keywords(format="date-time")]
Reason = Annotated[str, Keywords(minLength=1, maxLength=500)]
NonEmpty = Annotated[str, Keywords(minLength=1)]
LectureId = Annotated[str, Keywords(minLength=1, maxLength=LONGEST_LECTURE_ID)]
Month = Annotated[str, _pattern(r"[0-9]{4}-(0[1-9]|1[0-2])")]
PageLimit = Annotated[int, Keywords(minimum=1, maximum=LARGEST_PAGE)]
Count = Annotated[int, Keywords(minimum=0)]
Seats = Annotated[int, Keywords(minimum=1, maximum=LARGEST_CAPACITY)]
MinorUnits = Annotated[int, Keywords(minimum=0)]
