"""Reading request bodies: strict JSON into attrs classes, unknown fields and wrong types refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
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


@frozen(kw_only=True)
class SessionBody:
    """POST /api/payments/sessions."""

    course_id: str = field(alias="courseId")
    coupon_code: str | None = field(default=None, alias="couponCode")
    ui_mode: str = field(default="embedded", alias="uiMode")
    return_url: str | None = field(default=None, alias="returnUrl")
    cancel_url: str | None = field(default=None, alias="cancelUrl")


@frozen(kw_only=True)
class ValidateBody:
    """POST /api/payments/coupons/validate. ``amount`` is what older front ends send; the course's price counts."""

    code: str
    course_id: str = field(alias="courseId")
    amount: int | None = None


@frozen(kw_only=True)
class CouponBody:
    """POST /api/admin/coupons. ``discountValue`` is a number of percents, or minor units."""

    code: str
    name: str = ""
    description: str | None = None
    discount_type: str = field(alias="discountType")
    discount_value: Decimal = field(alias="discountValue")
    currency: str | None = None
    max_uses: int | None = field(default=None, alias="maxUses")
    is_active: bool = field(default=True, alias="isActive")
    listed: bool = False
    valid_from: str | None = field(default=None, alias="validFrom")
    valid_until: str | None = field(default=None, alias="validUntil")
    minimum_amount: int | None = field(default=None, alias="minimumAmount")
    maximum_discount: int | None = field(default=None, alias="maximumDiscount")
    applicable_courses: tuple[str, ...] = field(default=(), alias="applicableCourses")


@frozen(kw_only=True)
class CouponTermsBody:
    """PATCH /api/admin/coupons/{code}; what is absent stays."""

    name: str | None = None
    description: str | None = None
    max_uses: int | None = field(default=None, alias="maxUses")
    is_active: bool | None = field(default=None, alias="isActive")
    listed: bool | None = None
    valid_until: str | None = field(default=None, alias="validUntil")


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
    return (
        "The request is not valid: " + "; ".join(text.replace(" @ $", " at $") for text in transform_error(error)) + "."
    )


def _converter() -> Converter:
    if not _CONVERTERS:
        converter = Converter(forbid_extra_keys=True, use_alias=True)
        for kind in (str, int, bool):
            converter.register_structure_hook(kind, _exactly)
        converter.register_structure_hook(Decimal, _number)
        _CONVERTERS.append(converter)
    return _CONVERTERS[0]


_CONVERTERS: list[Converter] = []


def _number(value: object, _kind: type[Decimal]) -> Decimal:
    if type(value) is int:
        return Decimal(value)
    if not isinstance(value, Decimal):
        raise InvalidValue("is not a number")
    return value


def _exactly(value: object, kind: type[T]) -> T:
    if type(value) is not kind:
        raise InvalidValue(f"is not {'text' if kind is str else 'a whole number' if kind is int else 'true or false'}")
    return value
