"""What the errors of AWS's clients mean here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from adapters.aws.errors import answered, unanswered
from adapters.dynamodb.codec import Item, decode
from domain.errors import StorageUnavailable

_SERVER_ERROR = 500
_HELD = "ConditionalCheckFailed"
# Reasons that pass by themselves. No client of AWS retries them when they cancel a transaction.
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_UNAVAILABLE = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


class Busy(Exception):
    """Others are writing the same items at this moment, and nothing was written. Try again after a pause."""


class ConditionsFailed(Exception):
    """Nothing was written: ``found`` has the item that is there, by the position of each write that it refused."""

    def __init__(self, found: dict[int, Item | None]) -> None:
        super().__init__(f"conditions failed at {sorted(found)}")
        self.found = found


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn what AWS and the network answer into ``Busy``, ``ConditionsFailed`` or ``StorageUnavailable``.

    Everything else passes as it is: a request that AWS finds invalid is a mistake of ours and must be loud.
    """
    try:
        yield
    except answered() as error:
        meaning = _meaning(error.response)
        if meaning is None:
            raise
        raise meaning from error
    except unanswered() as error:
        raise StorageUnavailable from error


def _meaning(response: Mapping[str, Any]) -> Exception | None:
    code = response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        return ConditionsFailed({0: _found(response)})
    if code == "TransactionCanceledException":
        return _cancelled(response.get("CancellationReasons", []))
    if code == "TransactionConflictException":
        return Busy()
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return StorageUnavailable() if code in _UNAVAILABLE or status >= _SERVER_ERROR else None


def _cancelled(reasons: list[dict[str, Any]]) -> Exception | None:
    codes = {reason.get("Code") for reason in reasons}
    if codes & _PASSING:
        return Busy()
    if _HELD not in codes or codes - {_HELD, "None", None}:
        return None
    held = (position for position, reason in enumerate(reasons) if reason.get("Code") == _HELD)
    return ConditionsFailed({position: _found(reasons[position]) for position in held})


def _found(answer: Mapping[str, Any]) -> Item | None:
    item = answer.get("Item")
    return decode(item) if item else None
