"""Errors of HTTP itself, and the one table from errors to statuses."""

from __future__ import annotations

import re
from typing import TypeVar

from domain import errors

Found = TypeVar("Found")
_FIELD = re.compile(r"\A[a-z]+(?:_[a-z]+)+\b")


class HttpError(errors.DomainError):
    """A request that is refused before a use case is called."""


class InvalidRequest(HttpError):
    """The body or a parameter is not as the OpenAPI document says; the sentence names it."""

    code = "invalid_request"
    sentence = "The request is not valid."


class NotAuthenticated(HttpError):
    """Nobody is signed in."""

    code = "unauthorized"
    sentence = "Please sign in and try again."


class Forbidden(HttpError):
    """The caller is signed in and does not have the permission."""

    code = "forbidden"
    sentence = "You do not have permission to do this."


class MethodNotAllowed(HttpError):
    """The path exists, but not with this HTTP method."""

    code = "method_not_allowed"
    sentence = "This URL does not support this HTTP method."


class IdempotencyKeyReused(HttpError):
    """The idempotency key came with another request before."""

    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used for another request. Please use a new one for each request."


class RequestInProgress(HttpError):
    """The same request, by its idempotency key, is being carried out at the moment."""

    code = "request_in_progress"
    retryable = True
    sentence = "This request is being carried out already. Please repeat it in a moment to get its answer."
    retry_after_seconds = 2


class RequestTooLarge(HttpError):
    """The body is larger than this call accepts."""

    code = "request_too_large"
    sentence = "The request is too large."


class UnsupportedMediaType(HttpError):
    """The Content-Type of the body is not JSON."""

    code = "unsupported_media_type"
    sentence = "Please send the body as application/json."


class InternalError(HttpError):
    """An unexpected failure; the log has it under the request's id."""

    code = "internal_error"
    sentence = "Something went wrong on our side. Please try again."


STATUS: dict[type[errors.DomainError], int] = {
    HttpError: 400,
    InvalidRequest: 400,
    errors.InvalidValue: 400,
    errors.InvalidSignature: 400,
    errors.MalformedEvent: 400,
    NotAuthenticated: 401,
    Forbidden: 403,
    errors.NotFound: 404,
    MethodNotAllowed: 405,
    errors.Conflict: 409,
    RequestInProgress: 409,
    errors.CourseNotOpen: 409,
    errors.SalesClosed: 409,
    errors.CourseExists: 409,
    errors.ChangedMeanwhile: 409,
    errors.CourseIsFree: 409,
    errors.CourseIsOpen: 409,
    errors.CourseNotCompleted: 409,
    errors.NameMissing: 409,
    errors.CheckoutInProgress: 409,
    errors.CheckoutReplaced: 409,
    errors.CheckoutOver: 409,
    errors.PaymentProcessing: 409,
    errors.PaymentInReview: 409,
    errors.PaymentNotCancellable: 409,
    errors.AlreadyResolved: 409,
    errors.TooManyCheckouts: 409,
    errors.EnrollmentBarred: 403,
    errors.NotInvited: 403,
    errors.NotByInvitation: 409,
    errors.CourseFull: 409,
    errors.SeatLapsed: 409,
    errors.SeatsFree: 409,
    errors.SeatBeingPaid: 409,
    errors.WaitlistFull: 409,
    errors.CapacityTooLow: 409,
    errors.EnrollmentBusy: 409,
    errors.NotEntitled: 409,
    errors.NothingToRefund: 409,
    errors.RefundTooLarge: 409,
    errors.PaymentDisputed: 409,
    errors.MoneyUnderWay: 409,
    errors.RefundConflict: 409,
    errors.PaymentBusy: 409,
    errors.CouponExists: 409,
    errors.CouponLimitTooLow: 409,
    errors.CouponUseChanged: 409,
    errors.ContradictoryEvent: 409,
    RequestTooLarge: 413,
    UnsupportedMediaType: 415,
    IdempotencyKeyReused: 422,
    errors.CouponNotFound: 422,
    errors.CouponRefused: 422,
    errors.AmountTooSmall: 422,
    errors.ProviderNotOffered: 422,
    errors.CourseNotForSale: 422,
    errors.PricingModelUnknown: 422,
    errors.RateLimited: 429,
    InternalError: 500,
    errors.PaymentSessionUnknown: 500,
    errors.QueueUnavailable: 500,
    errors.RecordUnreadable: 500,
    errors.PriceMismatch: 502,
    errors.ProviderRejected: 502,
    errors.RecipientRefused: 502,
    errors.Unavailable: 503,
}
"""The status of every error, by its nearest class. 500 makes a payment provider send its event again."""


def status_of(error: errors.DomainError) -> int:
    """The error's status: that of its nearest class in ``STATUS``, 500 where there is none."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), STATUS[InternalError])


def sentence_of(error: errors.DomainError) -> str:
    """The error's sentence, with the JSON name of the field that it begins with.

    Which stored record is damaged is for whoever runs the school: the caller learns only that one is.
    """
    if isinstance(error, errors.RecordUnreadable):
        return error.sentence
    return _FIELD.sub(lambda name: _json_name(name[0]), str(error))


def retry_after(error: errors.DomainError) -> int | None:
    """Seconds after which the same call may succeed, None where waiting does not help."""
    return getattr(error, "retry_after_seconds", None)


def found_or(error: type[errors.NotFound], found: Found | None) -> Found:
    """What was found.

    Raises:
        NotFound: nothing was; as ``error``.
    """
    if found is None:
        raise error
    return found


def _json_name(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join(word.capitalize() for word in others)
