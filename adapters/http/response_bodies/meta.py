"""Bodies about the service itself, and the one of every error."""

from __future__ import annotations

from typing import Literal, TypedDict

from adapters.http.field_types import Currency, Id, NonEmpty, Url, Word


class Error(TypedDict):
    """Every error, whatever its status."""

    error: NonEmpty
    code: Word
    requestId: NonEmpty


class Health(TypedDict):
    """That the code runs, and which code it is."""

    status: Literal["ok"]
    version: NonEmpty
    commit: NonEmpty


class Features(TypedDict):
    """What a front end may offer."""

    coupons: bool
    bookings: bool


class SignIn(TypedDict):
    """Where students sign in: a Cognito user pool."""

    region: str
    userPoolId: str
    userPoolClientId: str
    endpoint: Url


class OfferedProvider(TypedDict):
    """A payment provider that a student may choose, and what a browser needs for it."""

    name: Id
    publishableKey: str
    scriptUrl: Url | None


class Config(TypedDict):
    """What a front end needs before anybody signs in."""

    stripePublishableKey: str | None
    stripeJsUrl: Url | None
    providers: list[OfferedProvider]
    currency: Currency
    timezone: NonEmpty
    features: Features
    auth: SignIn
