"""Faults that the AWS emulator shows on request: errors, slowness and answers that get lost."""

from __future__ import annotations

import json
import threading
from collections import deque

from attrs import define, field, frozen

REMEMBERED = 100_000
"""How many calls are on record."""

_DYNAMODB = "com.amazonaws.dynamodb.v20120810#"


@frozen
class AwsError:
    """An error as AWS words it: HTTP status and the name that an SDK raises."""

    status: int
    code: str
    message: str = "Injected by the local AWS emulator."

    def body(self, operation: str, request: bytes) -> bytes:
        """The JSON answer to one request; a conflicting transaction names a reason for each of its items."""
        if operation == "dynamodb:TransactWriteItems" and self is TRANSACTION_CONFLICT:
            others = len(json.loads(request)["TransactItems"]) - 1
            reasons = [{"Code": "TransactionConflict", "Message": self.message}, *([{"Code": "None"}] * others)]
            codes = ", ".join(reason["Code"] for reason in reasons)
            message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            name = _DYNAMODB + "TransactionCanceledException"
            return json.dumps({"__type": name, "CancellationReasons": reasons, "Message": message}).encode()
        prefix = _DYNAMODB if operation.startswith("dynamodb:") else ""
        return json.dumps({"__type": prefix + self.code, "message": self.message}).encode()


INTERNAL_ERROR = AwsError(500, "InternalServerError")
SERVICE_UNAVAILABLE = AwsError(503, "ServiceUnavailable")
THROTTLED = AwsError(400, "ThrottlingException", "Rate exceeded")
TRANSACTION_CONFLICT = AwsError(400, "TransactionConflictException", "Transaction is ongoing for the item")


@frozen(kw_only=True)
class Fault:
    """One bad habit of AWS.

    `operation` is "service:Operation" ("dynamodb:PutItem", "sqs:SendMessage") or "service:*"; `times` is how often it
    happens (None: until it is cleared). `delay` is in seconds. With `after`, the operation takes effect and only the
    answer is lost.
    """

    operation: str
    error: AwsError | None = None
    times: int | None = 1
    delay: float = 0.0
    after: bool = False

    def concerns(self, operation: str) -> bool:
        """Whether an operation is one of those that this fault spoils."""
        return self.operation == operation or self.operation == operation.partition(":")[0] + ":*"


@define(eq=False)
class _InForce:
    """A fault and how many turns it has left."""

    fault: Fault
    left: int | None


@define
class Faults:
    """The faults in force, and a record of what was called. Safe to use from any thread."""

    _faults: list[_InForce] = field(factory=list, init=False)
    _calls: deque[str] = field(factory=lambda: deque(maxlen=REMEMBERED), init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def add(self, fault: Fault) -> None:
        """From now on, spoil the operations that the fault names. Earlier faults are used up first."""
        with self._lock:
            self._faults.append(_InForce(fault, fault.times))

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._faults.clear()

    def calls(self) -> list[str]:
        """The operations since the last `forget`, in the order of arrival, as "service:Operation"; the last 100,000."""
        with self._lock:
            return list(self._calls)

    def forget(self) -> None:
        """Start a new record of calls."""
        with self._lock:
            self._calls.clear()

    def take(self, operation: str) -> Fault | None:
        """Record a call and use up one turn of the first fault that concerns it."""
        with self._lock:
            self._calls.append(operation)
            found = next((entry for entry in self._faults if entry.fault.concerns(operation)), None)
            if found is None:
                return None
            if found.left is not None:
                found.left -= 1
                if found.left <= 0:
                    self._faults.remove(found)
            return found.fault
