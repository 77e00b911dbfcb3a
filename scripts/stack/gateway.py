"""An emulation of API Gateway for a Chalice app: routing, Cognito authorizer, proxy events, gateway responses.

Unlike `chalice local`, it verifies tokens. Its own error responses have CORS headers and the product's error envelope,
like the deployed gateway responses.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote

from attrs import define, field, frozen
from chalice.app import Chalice, CognitoUserPoolAuthorizer, CORSConfig, RouteEntry
from chalice.local import LocalChalice

from scripts.stack.http_server import HttpRequest, HttpResponse
from scripts.stack.tokens import gateway_claims

LARGEST_BODY = 10 * 1024 * 1024  # bytes
TIMEOUT = 29.0  # seconds that API Gateway waits for a Lambda function

Claims = dict[str, Any]


@define(eq=False)
class Gateway:
    """Calls a Chalice app as API Gateway calls its Lambda function. Safe to call from many threads.

    ``verify`` returns the claims of an Authorization header, or None if the token is not valid.
    """

    app: Chalice
    verify: Callable[[str], Claims | None]
    stage: str = "local"
    _routes: list[_Route] = field(init=False)

    def __attrs_post_init__(self) -> None:
        # Chalice keeps the current request on the app; its local variant keeps one per thread.
        if not isinstance(self.app, LocalChalice):
            self.app.__class__ = LocalChalice
        routes = [_Route.of(pattern, entries) for pattern, entries in self.app.routes.items()]
        self._routes = sorted(routes, key=lambda route: route.rank)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response to one request."""
        request_id = str(uuid.uuid4())
        route = next((route for route in self._routes if route.matches(request.path)), None)
        if route is None:
            return _error_response(403, request_id)
        if request.method == "OPTIONS" and route.cors:
            return HttpResponse(status=200, headers=route.preflight())
        if len(request.body) > LARGEST_BODY:
            return _error_response(413, request_id, route.cors_headers())
        entry = route.entries.get(request.method)
        if entry is None:
            return _error_response(403, request_id, route.cors_headers())
        event = _event(request, route, request_id, self.stage)
        if entry.authorizer is not None:
            claims = self._claims(entry, event)
            if claims is None:
                return _error_response(401, request_id, route.cors_headers())
            event["requestContext"]["authorizer"] = {"claims": gateway_claims(claims)}
        return self._invoke(event, route, request_id)

    def too_large(self, request: HttpRequest) -> HttpResponse:
        """The response to a request whose body is too large to be read."""
        route = next((route for route in self._routes if route.matches(request.path)), None)
        return _error_response(413, str(uuid.uuid4()), route.cors_headers() if route else ())

    def _claims(self, entry: RouteEntry, event: dict[str, Any]) -> Claims | None:
        if not isinstance(entry.authorizer, CognitoUserPoolAuthorizer):
            raise TypeError(f"The gateway emulates Cognito authorizers only, no {type(entry.authorizer).__name__}.")
        return self.verify(event["headers"].get("authorization", ""))

    def _invoke(self, event: dict[str, Any], route: _Route, request_id: str) -> HttpResponse:
        try:
            answer = json.loads(json.dumps(self.app(event, LambdaContext(request_id))))
        except Exception:  # API Gateway answers any exception of the function with 502
            logging.getLogger(__name__).exception("The Lambda function failed")
            return _error_response(502, request_id, route.cors_headers())
        return _response(answer, request_id)


@define
class LambdaContext:
    """The context argument of a Lambda handler: the function, the request, and the remaining time."""

    aws_request_id: str
    function_name: str = "learnermax-education-local"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:learnermax-education-local"
    log_group_name: str = "/aws/lambda/learnermax-education-local"
    log_stream_name: str = "local"
    _deadline: float = field(factory=lambda: time.monotonic() + TIMEOUT)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until API Gateway's timeout."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


@frozen
class _Route:
    pattern: str
    segments: tuple[str, ...]
    entries: dict[str, RouteEntry]
    cors: CORSConfig | None

    @classmethod
    def of(cls, pattern: str, entries: dict[str, RouteEntry]) -> _Route:
        cors = next(filter(None, map(_cors, entries.values())), None)
        return cls(pattern, _segments(pattern), entries, cors)

    @property
    def rank(self) -> tuple[bool, ...]:
        """Sort key: fixed segments come before variables, as at API Gateway."""
        return tuple(segment.startswith("{") for segment in self.segments)

    def matches(self, path: str) -> bool:
        segments = _segments(path)
        return len(segments) == len(self.segments) and all(
            own == given or (own.startswith("{") and given) for own, given in zip(self.segments, segments, strict=True)
        )

    def variables(self, path: str) -> dict[str, str]:
        """The path parameters, still percent-encoded: API Gateway does not decode them."""
        pairs = zip(self.segments, _segments(path), strict=True)
        return {own.strip("{}"): given for own, given in pairs if own.startswith("{")}

    def cors_headers(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.cors.get_access_control_headers().items()) if self.cors else ()

    def preflight(self) -> tuple[tuple[str, str], ...]:
        methods = [method for method, entry in self.entries.items() if _cors(entry)]
        return (("Access-Control-Allow-Methods", ",".join([*methods, "OPTIONS"])), *self.cors_headers())


def _cors(entry: RouteEntry) -> CORSConfig | None:
    cors: CORSConfig | None = entry.cors  # may be None, other than Chalice's types say
    return cors


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path.rstrip("/").split("/"))


def _event(request: HttpRequest, route: _Route, request_id: str, stage: str) -> dict[str, Any]:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.target.partition("?")[2], keep_blank_values=True):
        query.setdefault(name, []).append(value)
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name.lower(), []).append(value)
    body, encoded = _body(request.body)
    return {
        "resource": route.pattern,
        "path": unquote(request.path),
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": route.variables(request.path) or None,
        "stageVariables": None,
        "body": body,
        "isBase64Encoded": encoded,
        "requestContext": {
            "resourcePath": route.pattern,
            "httpMethod": request.method,
            "path": f"/{stage}{unquote(request.path)}",
            "stage": stage,
            "requestId": request_id,
            "apiId": "local",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "identity": {"sourceIp": "127.0.0.1", "userAgent": headers.get("user-agent", [""])[-1]},
        },
    }


def _body(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return b64encode(body).decode(), True


def _response(answer: dict[str, Any], request_id: str) -> HttpResponse:
    body = answer.get("body") or ""
    headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers.extend((name, str(value)) for value in values)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return HttpResponse(
        status=int(answer["statusCode"]),
        headers=(*headers, ("x-amzn-RequestId", request_id)),
        body=b64decode(body) if answer.get("isBase64Encoded") else body.encode(),
    )


_ERRORS = {
    401: ("unauthorized", "Please sign in and try again."),
    403: ("forbidden", "This address does not exist, or you do not have permission to use it."),
    413: ("request_too_large", "The request is too large."),
    502: ("internal_error", "Something went wrong on our side. Please try again."),
}


def _error_response(status: int, request_id: str, cors: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
    code, message = _ERRORS[status]
    body = json.dumps({"error": message, "code": code, "requestId": request_id})
    headers = (("Content-Type", "application/json"), ("x-amzn-RequestId", request_id), *cors)
    return HttpResponse(status=status, headers=headers, body=body.encode())
