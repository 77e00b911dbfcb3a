"""One error boundary and envelope around every view.

No view is imported here, nor anything that only views need: a function is started for one request, which needs one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import define, evolve
from chalice.app import Chalice, CognitoUserPoolAuthorizer, CORSConfig, Response

from adapters import deadline
from adapters.http.checks import RequestChecks
from adapters.http.client_address import client_of
from adapters.http.errors import InternalError, MethodNotAllowed, retry_after, status_of
from adapters.http.failure_log import REFUSED, log_refused, log_unforeseen, log_unreadable
from adapters.http.json_text import to_json
from adapters.http.permissions import roles_for
from adapters.http.routing import Access, Call, Reply, Route, envelope, request_id_of
from domain.errors import DomainError, RecordUnreadable

if TYPE_CHECKING:
    from chalice.app import Request

    from adapters.http.idempotency import Idempotency
    from adapters.http.route_list import RouteEntry

IDEMPOTENCY_KEY = "idempotency-key"
"""The header under which a repeated request is answered as it was the first time."""

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


@define
class Boundary:
    """Puts routes on a Chalice app, with one error boundary and envelope around each.

    ``authorizer`` guards what is not public, ``cors`` is for every browser's route. ``checks`` are made before every
    view, ``idempotency`` answers repeated requests. ``load`` finds an entry's route: its views are imported and built
    when a request first needs one of them, and so is ``idempotency``.
    """

    app: Chalice
    authorizer: CognitoUserPoolAuthorizer
    cors: CORSConfig
    checks: RequestChecks
    idempotency: Callable[[], Idempotency]
    load: Callable[[RouteEntry], Route]

    def serve(self, entry: RouteEntry) -> None:
        """Serve the route."""
        self.app.route(
            entry.path,
            methods=[entry.method],
            name=f"{entry.method} {entry.path}",
            authorizer=None if entry.access is Access.PUBLIC else self.authorizer,
            cors=self.cors if entry.browser else False,
            content_types=[],
        )(self._bounded(entry))

    def _bounded(self, entry: RouteEntry) -> Callable[..., Response]:
        def run(**params: str) -> Response:
            request = self._request()
            call = Call(request, params, self._client(request))
            try:
                with deadline.of_invocation(getattr(request, "lambda_context", None), at_most=GATEWAY_TIMEOUT):
                    self.checks.require_edge(call.headers)
                    if entry.access is not Access.PUBLIC:
                        self.checks.require_own_token(request.context)
                    return _response(self._reply(self.load(entry), call))
            except DomainError as error:
                if isinstance(error, REFUSED):
                    log_refused(error, request.context, call.client, f"{entry.method} {entry.path}")
                if isinstance(error, RecordUnreadable):
                    log_unreadable(error, call.request_id, f"{entry.method} {entry.path}")
                return _problem(error, call.request_id)
            except Exception as error:  # noqa: BLE001 - the last boundary: everything unforeseen is logged and is a 500
                log_unforeseen(error, call.request_id, entry.path)
                return _problem(InternalError(), call.request_id)

        return run

    def _reply(self, route: Route, call: Call) -> Reply[Any]:
        """The view's answer, once the caller is known, allowed to call, and the body is parsed: in this order.

        Only then is an idempotency key looked at: what is refused before could not have changed anything.
        """
        if route.access is not Access.PUBLIC:
            signed_in = call.caller
            if route.access is Access.OFFICE:
                call = evolve(call, role=signed_in.require_one_of(roles_for(route.method, route.path)))
            self.checks.count(route.method, route.alias_of or route.path, call)
        given = () if route.body is None else (_body_of(call, route.body),)
        if not route.is_repeatable or IDEMPOTENCY_KEY not in call.headers:
            return route.view(call, *given)
        return self.idempotency().once(route, call, lambda: route.view(call, *given))

    def put_into_envelope(self, event: Request | None, get_response: Callable[[Any], Response]) -> Response:
        """Middleware: put the responses that Chalice makes itself into the envelope too."""
        request_id = request_id_of(event)
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


def _body_of(call: Call, kind: type) -> object:
    from adapters.http.request_parsing import read_body

    return read_body(call.body, call.headers, kind)


def _problem(error: DomainError, request_id: str) -> Response:
    wait = retry_after(error)
    headers = {"Retry-After": str(wait)} if wait else {}
    return _response(Reply(status=status_of(error), body=envelope(error, request_id), headers=headers))


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
