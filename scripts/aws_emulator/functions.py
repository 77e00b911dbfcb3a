"""What moto lacks of Lambda: event source mappings that keep their alias, and calls without Docker.

moto turns the alias of a mapping into the version that it stands for at that moment, which AWS does not; and it starts
a container for each call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from attrs import define, field
from moto.awslambda.models import lambda_backends

_INVOKED = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_MAPPINGS = re.compile(r"/2015-03-31/event-source-mappings(?:/([^/]*))?")

Call = Callable[[str, str, dict[str, Any]], Any]
"""A function by its name, its version or alias, and the event; what it returns. It raises FunctionFailedError."""


class FunctionFailedError(Exception):
    """The function ended with an error; the text is its message."""


def healthy(_function: str, _qualifier: str, _event: dict[str, Any]) -> dict[str, Any]:
    """What the product's API answers when it is asked for its health; other events have no result that is looked at."""
    return {"statusCode": 200, "headers": {}, "body": '{"status": "ok"}'}


@define(eq=False)
class Functions:
    """Lambda of one account and region. ``call`` stands for the functions' code; ``called`` are the calls so far."""

    account: str
    region: str
    call: Call = healthy
    called: list[tuple[str, str]] = field(factory=list)

    def invoked(self, method: str, path: str, query: str, body: bytes) -> tuple[list[tuple[str, str]], bytes] | None:
        """The headers and the payload that answer a call of a function; None if this request is none."""
        found = _INVOKED.fullmatch(path)
        if method != "POST" or not found:
            return None
        name, _, qualifier = unquote(found[1]).rpartition(":function:")[2].partition(":")
        qualifier = qualifier or (query.partition("Qualifier=")[2].partition("&")[0]) or "$LATEST"
        version = lambda_backends[self.account][self.region].get_function(name, unquote(qualifier)).version
        self.called.append((name, str(version)))
        headers = [("Content-Type", "application/json"), ("X-Amz-Executed-Version", str(version))]
        try:
            result = self.call(name, str(version), json.loads(body or b"null"))
        except FunctionFailedError as error:
            failure = {"errorMessage": str(error), "errorType": type(error).__name__}
            return [*headers, ("X-Amz-Function-Error", "Unhandled")], json.dumps(failure).encode()
        return headers, json.dumps(result).encode()

    def keep_alias(self, path: str, request: bytes, answer: bytes) -> bytes:
        """The answer to a change of an event source mapping, once the mapping names the alias that was asked for."""
        named = str(json.loads(request or b"{}").get("FunctionName", ""))
        uuid = json.loads(answer).get("UUID") if _MAPPINGS.fullmatch(path) else None
        name, _, qualifier = named.rpartition(":function:")[2].partition(":")
        if not uuid or not qualifier:
            return answer
        mapping = lambda_backends[self.account][self.region].get_event_source_mapping(uuid)
        if mapping is None:
            return answer
        arn = f"arn:aws:lambda:{self.region}:{self.account}:function:{name}:{qualifier}"
        mapping.function_arn = arn
        return json.dumps({**json.loads(answer), "FunctionArn": mapping.function_arn}).encode()

    def is_mapping(self, method: str, path: str) -> bool:
        """Whether this request creates or changes an event source mapping."""
        return method in ("POST", "PUT") and bool(_MAPPINGS.fullmatch(path))
