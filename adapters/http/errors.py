"""Errors of HTTP itself, and the one table from errors to statuses."""

from __future__ import annotations

import re

from domain import errors
from domain.transactions import conflicts

_FIELD = re.compile(r"\A[a-z]+(?:_[a-z]+)+\b")


class HttpError(errors.DomainError):
    """A request that cannot even be put to the school."""


class InvalidRequest(HttpError):
    """The body or a parameter is not what the contract says; the sentence names it."""

    code = "invalid_request"
    sentence = "The request is not valid."


class NotAuthenticated(HttpError):
    """Nobody is signed in."""

    code = "unauthorized"
    sentence = "Sign in and try again."


class Forbidden(HttpError):
    """The caller is known and may not do this."""

    code = "forbidden"
    sentence = "This is not for you."


class MethodNotAllowed(HttpError):
    """The address exists and does not take this method."""

    code = "method_not_allowed"
    sentence = "This address does not take this method."


class RequestTooLarge(HttpError):
    """The body is larger than this call takes."""

    code = "request_too_large"
    sentence = "The request is too large."


class UnsupportedMediaType(HttpError):
    """The body is not announced as JSON."""

    code = "unsupported_media_type"
    sentence = "Send the body as application/json."


class InternalError(HttpError):
    """Something unforeseen; the log has it under the request's id."""

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
    errors.CourseNotOpen: 409,
    errors.CourseIsFree: 409,
    conflicts.AlreadyEnrolled: 409,
    errors.CheckoutInProgress: 409,
    errors.CheckoutReplaced: 409,
    errors.PaymentProcessing: 409,
    errors.PaymentInReview: 409,
    errors.PaymentNotCancellable: 409,
    errors.AlreadyResolved: 409,
    errors.TooManyCheckouts: 409,
    errors.CouponExists: 409,
    errors.CouponLimitTooLow: 409,
    conflicts.SessionConflict: 409,
    conflicts.EnrollmentConflict: 409,
    conflicts.TransactionConflict: 409,
    errors.CouponUseChanged: 409,
    errors.ContradictoryEvent: 409,
    RequestTooLarge: 413,
    UnsupportedMediaType: 415,
    errors.CouponNotFound: 422,
    errors.CouponRefused: 422,
    errors.AmountTooSmall: 422,
    errors.CourseNotForSale: 422,
    errors.PricingModelUnknown: 422,
    errors.RateLimited: 429,
    InternalError: 500,
    errors.PaymentSessionUnknown: 500,
    errors.QueueUnavailable: 500,
    errors.RecordUnreadable: 500,
    errors.PriceMismatch: 502,
    errors.ProviderRejected: 502,
    errors.Unavailable: 503,
}
"""The status of every error, by its nearest class. A provider is told 500 where it shall send its event again."""


def status_of(error: errors.DomainError) -> int:
    """The error's status: that of the nearest class in the table, 500 where somebody forgot it."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), STATUS[InternalError])


def sentence_of(error: errors.DomainError) -> str:
    """The error's sentence, fields by the names that they have on the wire."""
    return _FIELD.sub(lambda name: _on_the_wire(name[0]), str(error))


def retry_after(error: errors.DomainError) -> int | None:
    """Seconds after which the same call may succeed, None where waiting does not help."""
    return getattr(error, "retry_after_seconds", None)


def _on_the_wire(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join(word.capitalize() for word in others)
