"""Reading request bodies: strict JSON into attrs classes, unknown fields and wrong types refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from attrs import field, frozen
from cattrs import ClassValidationError, Converter, transform_error

from adapters.http.errors import InvalidRequest, RequestTooLarge, UnsupportedMediaType
from adapters.strict_json import load_object
from domain.errors import InvalidValue

LARGEST = 64 * 1024
"""Bytes a request body may have."""

T = TypeVar("T")


@frozen(kw_only=True)
class EnrollBody:
    """POST /api/enrollments."""

    course_id: str = field(alias="courseId")
    coupon_code: str | None = field(default=None, alias="couponCode")
    source: str = "direct"


@frozen(kw_only=True)
class RenameBody:
    """PATCH /api/students/me."""

    name: str


@frozen(kw_only=True)
class ProgressBody:
    """PATCH /api/enrollments/{courseId}."""

    progress: int | None = None
    current_lecture_id: str | None = field(default=None, alias="currentLectureId")
    completed_lectures: int | None = field(default=None, alias="completedLectures")
    time_spent_seconds: int | None = field(default=None, alias="timeSpentSeconds")


def read_body(raw: bytes, headers: Mapping[str, str], kind: type[T]) -> T:
    """The request's body as ``kind``.

    Raises:
        UnsupportedMediaType, RequestTooLarge: before the body is looked at.
        InvalidRequest: it is not strict JSON of this shape.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType
    if len(raw) > LARGEST:
        raise RequestTooLarge
    try:
        return _converter().structure(load_object(raw), kind)
    except ClassValidationError as error:
        raise InvalidRequest(_sentence(error)) from None
    except InvalidValue:
        raise
    except ValueError:
        raise InvalidRequest("The body is not a valid JSON object.") from None


def _sentence(error: ClassValidationError) -> str:
    """What is wrong, by field, without quoting what was sent."""
    return "The request is not valid: " + "; ".join(text.replace(" @ $", " at $") for text in transform_error(error)) + "."


def _converter() -> Converter:
    if not _CONVERTERS:
        converter = Converter(forbid_extra_keys=True, use_alias=True)
        for kind in (str, int, bool):
            converter.register_structure_hook(kind, _exactly)
        _CONVERTERS.append(converter)
    return _CONVERTERS[0]


_CONVERTERS: list[Converter] = []


def _exactly(value: object, kind: type[T]) -> T:
    if type(value) is not kind:
        raise InvalidValue(f"is not {'text' if kind is str else 'a whole number' if kind is int else 'true or false'}")
    return value
