"""Answers put into a botocore client's mouth, below everything that we and botocore do with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import define, field, frozen


@frozen
class Answer:
    """One HTTP answer of DynamoDB."""

    status: int
    body: dict[str, Any]

    @classmethod
    def cancelled(cls, *codes: str) -> Answer:
        """A transaction that was cancelled for these reasons, one per item; "None" is an item without one."""
        reasons = [{"Code": code, "Message": code} for code in codes]
        return cls(400, {"__type": "x#TransactionCanceledException", "message": "", "CancellationReasons": reasons})


@define(eq=False)
class Answers:
    """Gives the client these answers instead of asking, one per request and in turn; then it asks again."""

    waiting: list[Answer] = field(factory=list)

    def speak_for(self, client: Any) -> Answers:
        """From now on, for this client."""
        client.meta.events.register("before-send.dynamodb.*", self._answer)
        return self

    def _answer(self, request: Any, **_rest: Any) -> Any:
        if not self.waiting:
            return None
        from botocore.awsrequest import AWSResponse
        from botocore.compat import HTTPHeaders

        answer = self.waiting.pop(0)
        return AWSResponse(request.url, answer.status, HTTPHeaders(), _Body(json.dumps(answer.body).encode()))


@frozen
class _Body:
    content: bytes

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """The whole body at once."""
        yield self.content
