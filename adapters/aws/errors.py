"""What clients of AWS raise, whichever kind they are."""

from __future__ import annotations

import sys
from typing import Any, cast


class AwsClientError(Exception):
    """A call of the JSON client failed."""


class AwsError(AwsClientError):
    """AWS answered with an error.

    ``response`` is laid out as botocore's: Error.Code, Error.Message, ResponseMetadata.HTTPStatusCode, and whatever
    else the answer holds. Of all that, the exception's text quotes the code alone.
    """

    def __init__(self, operation: str, response: dict[str, Any]) -> None:
        super().__init__(f"{operation}: {response['Error']['Code']}")
        self.response = response

    @property
    def code(self) -> str:
        """The name of the error, such as ValidationException."""
        return str(self.response["Error"]["Code"])

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.response["ResponseMetadata"]["HTTPStatusCode"])


class AwsUnreachable(AwsClientError):
    """No answer came, or none that can be read. Whether the call took effect is unknown."""


class NoCredentials(AwsClientError):
    """The environment names no credentials, so nothing was asked."""


def answered() -> tuple[type[AwsError], ...]:
    """For ``except``: AWS answered with an error. botocore's has ``response`` as well, and nothing else of ours."""
    return cast("tuple[type[AwsError], ...]", (AwsError, *_of_botocore("ClientError")))


def unanswered() -> tuple[type[Exception], ...]:
    """For ``except``: no answer came, or none that can be read."""
    found = _of_botocore("HTTPClientError", "ConnectionError")
    parsers = sys.modules.get("botocore.parsers")
    return (AwsUnreachable, *found, *((parsers.ResponseParserError,) if parsers else ()))


def failed() -> tuple[type[Exception], ...]:
    """For ``except``: a call failed, for whatever reason."""
    return (AwsClientError, *_of_botocore("ClientError", "BotoCoreError"))


def _of_botocore(*names: str) -> tuple[type[Exception], ...]:
    """Nobody who did not import botocore can have been given one of its errors."""
    exceptions = sys.modules.get("botocore.exceptions")
    return tuple(getattr(exceptions, name) for name in names) if exceptions else ()
