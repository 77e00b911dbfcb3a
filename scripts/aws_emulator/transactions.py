"""What DynamoDB demands of a transaction and moto lets through."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field

LARGEST = 4 * 1024 * 1024  # bytes of all items together
LONGEST_TOKEN = 36  # characters
TOKEN_WINDOW = 600.0  # seconds during which a token stands for its transaction

_EXPRESSIONS = ("ConditionExpression", "UpdateExpression")


@define
class SentBefore:
    """The transactions that succeeded in the last ten minutes, by ClientRequestToken."""

    _now: Callable[[], float] = time.monotonic
    _digests: dict[str, tuple[str, float]] = field(factory=dict, init=False)

    def knows(self, request: dict[str, Any]) -> bool:
        """Whether this very transaction was done already: repeating it must change nothing."""
        return self._digest_of(request) == _digest(request)

    def mismatch(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The error for a token that comes back with another transaction."""
        if self._digest_of(request) in (None, _digest(request)):
            return None
        return _refused("IdempotentParameterMismatchException", "The token was used with different parameters.")

    def remember(self, request: dict[str, Any]) -> None:
        """Note a transaction that went through, and forget those that went through too long ago."""
        if token := request.get("ClientRequestToken"):
            self._digests.pop(token, None)
            self._digests[token] = (_digest(request), self._now())
        while self._digests and self._now() - next(iter(self._digests.values()))[1] >= TOKEN_WINDOW:
            self._digests.pop(next(iter(self._digests)))

    def _digest_of(self, request: dict[str, Any]) -> str | None:
        digest, at = self._digests.get(request.get("ClientRequestToken", ""), (None, 0.0))
        return digest if self._now() - at < TOKEN_WINDOW else None


def refusal(request: dict[str, Any]) -> dict[str, Any] | None:
    """The ValidationException that AWS would answer, or None where moto's own checks are enough."""
    items = request["TransactItems"]
    if len(request.get("ClientRequestToken", "")) > LONGEST_TOKEN:
        return _refused("ValidationException", f"clientRequestToken must have at most {LONGEST_TOKEN} characters")
    if len(json.dumps(items)) > LARGEST:
        return _refused("ValidationException", "Transaction request size exceeded 4 MB")
    for item in items:
        (action,) = item.values()
        given = set(action.get("ExpressionAttributeValues", {}))
        used = set(re.findall(r":\w+", " ".join(action.get(name, "") for name in _EXPRESSIONS)))
        if given != used:
            return _refused("ValidationException", f"Values given and used in expressions differ: {given ^ used}")
    return None


def _digest(request: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(request["TransactItems"], sort_keys=True).encode()).hexdigest()


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}
