"""Routes: who may call them, which body they take, and one error boundary and envelope around every view."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

from attrs import define, evolve, field, frozen
from chalice.app import Chalice, CognitoUserPoolAuthorizer, CORSConfig, Response

from adapters import deadline
from adapters.http.auth import Caller, caller
from adapters.http.checks import RequestChecks
from adapters.http.client_address import client_of
from adapters.http.errors import (
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    retry_after,
    sentence_of,
    status_of,
)
from adapters.http.failure_log import REFUSED, log_refused, log_unforeseen
from adapters.http.json_text import to_json
from adapters.http.permissions import roles_for
from adapters.http.request_parsing import read_body
from domain.audit import ActorRole
from domain.errors import DomainError

if TYPE_CHECKING:
    from chalice.app import Request

    from adapters.http.response_bodies import Error

GATEWAY_TIMEOUT = 28.0
"""Seconds after which API Gateway answers for the function: 29, less one for the way."""

_JSON = "application/json; charset=utf-8"
SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""On every answer: an answer is data, which no page may show as a page, frame, or guess the type of."""

Body = TypeVar("Body")
Answer_co = TypeVar("Answer_co", covariant=True)


class Access(Enum):
    """Who may call a route: anybody, whoever is signed in, or those of the office whom ``PERMISSIONS`` names."""

    PUBLIC = auto()
    STUDENTS = auto()
    OFFICE = auto()


@frozen(kw_only=True)
class Reply(Generic[Answer_co]):
    """A view's answer. ``body`` is of ``response_bodies``; the OpenAPI document reads the view's annotation."""

    body: Answer_co
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class Call:
    """One request, as a view sees it. ``client`` is a pseudonym of the network address that it comes from.

    ``role`` is the one by which the caller may use a route of the office, None on all others.
    """

    request: Request
    params: Mapping[str, str]
    client: str = ""
    role: ActorRole | None = None

    @property
    def caller(self) -> Caller:
        """Who is calling.

        Raises:
            NotAuthenticated: nobody is signed in.
        """
        return caller(self.request.context)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""
        return {name.lower(): value for name, value in self.request.headers.items()}

    @property
    def body(self) -> bytes:
        """The body's exact bytes.

        Raises:
            InvalidRequest: it is neither text nor Base64.
        """
        try:
            raw = self.request.raw_body
            return raw if isinstance(raw, bytes) else raw.encode()
        except ValueError:
            raise InvalidRequest("The body cannot be read.") from None

    @property
    def request_id(self) -> str:
        """The request's id, as in the log."""
        return _request_id(self.request)

    def envelope(self, error: DomainError) -> Error:
        """The body of a response that reports the error."""
        return _envelope(error, self.request_id)

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters; where one is given twice, its last value."""
        return dict(self.request.query_params or {})


View = Callable[[Call], Reply[Any]]
BodyView = Callable[[Call, Body], Reply[Any]]


class Route(NamedTuple):
    """One method of one path. ``alias_of`` is the canonical path, None where this is it; ``body`` its request class."""

    method: str
    path: str
    view: Callable[..., Reply[Any]]
    access: Access
    body: type | None
    alias_of: str | None


@define
class Router:
    """Puts views on a Chalice app. ``authorizer`` guards what is not public, ``cors`` is for every browser's route.

    ``checks`` are made before every view. ``routes`` are those added so far.
    """

    app: Chalice
    authorizer: CognitoUserPoolAuthorizer
    cors: CORSConfig
    checks: RequestChecks
    routes: list[Route] = field(factory=list)

    @overload
    def add(
        self, method: str, *paths: str, view: View, access: Access = Access.STUDENTS, browser: bool = True
    ) -> None: ...

    @overload
    def add(
        self,
        method: str,
        *paths: str,
        view: BodyView[Body],
        body: type[Body],
        access: Access = Access.STUDENTS,
        browser: bool = True,
    ) -> None: ...

    def add(
        self,
        method: str,
        *paths: str,
        view: Callable[..., Reply[Any]],
        body: type | None = None,
        access: Access = Access.STUDENTS,
        browser: bool = True,
    ) -> None:
        """Serve the view at the paths; the first is canonical, the others are aliases for existing callers.

        ``body``: the request's body is parsed as this class and given to the view. Without ``browser`` no page of
        another origin may call the route.
        """
        for path in paths:
            route = Route(method, path, view, access, body, None if path == paths[0] else paths[0])
            self.routes.append(route)
            self.app.route(
                path,
                methods=[method],
                name=f"{method} {path}",
                authorizer=None if access is Access.PUBLIC else self.authorizer,
                cors=self.cors if browser else False,
                content_types=[],
            )(self._bounded(route))

    def _bounded(self, route: Route) -> Callable[..., Response]:
        def run(**params: str) -> Response:
            request = self._request()
            call = Call(request, params, self._client(request))
            try:
                with deadline.of_invocation(getattr(request, "lambda_context", None), at_most=GATEWAY_TIMEOUT):
                    self.checks.require_edge(call.headers)
                    if route.access is not Access.PUBLIC:
                        self.checks.require_own_token(request.context)
                    return _response(_reply(route, call, self.checks))
            except DomainError as error:
                if isinstance(error, REFUSED):
                    log_refused(error, request.context, call.client, f"{route.method} {route.path}")
                return _problem(error, call.request_id)
            except Exception as error:  # noqa: BLE001 - the last boundary: everything unforeseen is logged and is a 500
                log_unforeseen(error, call.request_id, route.path)
                return _problem(InternalError(), call.request_id)

        return run

    def put_into_envelope(self, event: Request | None, get_response: Callable[[Any], Response]) -> Response:
        """Middleware: put the responses that Chalice makes itself into the envelope too."""
        request_id = _request_id(event)
        try:
            response = get_response(event)
        except Exception as error:  # noqa: BLE001 - as in the boundary around the views
            log_unforeseen(error, request_id, "none")
            return _problem(InternalError(), request_id)
        if isinstance(response.body, dict) and set(response.body) == {"Code", "Message"}:
            kept = {name: value for name, value in response.headers.items() if name.lower() != "content-type"}
            not_allowed = response.status_code == status_of(MethodNotAllowed())
            response = _problem(MethodNotAllowed() if not_allowed else InternalError(), request_id)
            response.headers |= kept | self._cors_headers(event)
        return response

    def _cors_headers(self, event: Request | None) -> dict[str, str]:
        entries = self.app.routes.get(event.path, {}).values() if event else ()
        headers: dict[str, str] = self.cors.get_access_control_headers() if any(e.cors for e in entries) else {}
        return headers

    def _client(self, request: Request) -> str:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return client_of(request.context, headers, self.checks.settings.edge_secret)

    def _request(self) -> Request:
        request = self.app.current_request
        if request is None:
            raise RuntimeError("There is no request outside a view.")
        return request


def _reply(route: Route, call: Call, checks: RequestChecks) -> Reply[Any]:
    """The view's answer, once the caller is known, allowed to call, and the body is parsed: in this order."""
    if route.access is not Access.PUBLIC:
        signed_in = call.caller
        if route.access is Access.OFFICE:
            call = evolve(call, role=signed_in.require_one_of(roles_for(route.method, route.path)))
        checks.count(route.method, route.alias_of or route.path, call)
    if route.body is None:
        return route.view(call)
    return route.view(call, read_body(call.body, call.headers, route.body))


def _request_id(request: Request | None) -> str:
    return str((request.context.get("requestId") if request else None) or uuid.uuid4())


def _envelope(error: DomainError, request_id: str) -> Error:
    return {"error": sentence_of(error), "code": error.code, "requestId": request_id}


def _problem(error: DomainError, request_id: str) -> Response:
    wait = retry_after(error)
    headers = {"Retry-After": str(wait)} if wait else {}
    return _response(Reply(status=status_of(error), body=_envelope(error, request_id), headers=headers))


def _response(reply: Reply[Any]) -> Response:
    # Serialised here, inside the boundary: what cannot be serialised would escape Chalice's own error handling.
    headers: dict[str, str | list[str]] = {
        "Content-Type": _JSON,
        "Cache-Control": "no-store",
        **SECURITY_HEADERS,
        **reply.headers,
    }
    # A view that names another type of content has made its text itself.
    body = to_json(reply.body) if headers["Content-Type"] == _JSON else str(reply.body)
    return Response(body=body, status_code=reply.status, headers=headers)
