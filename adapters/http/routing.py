"""Routes: authorized unless said otherwise, one error boundary around every view, one envelope for every error."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen
from chalice.app import Chalice, CognitoUserPoolAuthorizer, CORSConfig, Response

from adapters.http.auth import Caller, caller
from adapters.http.errors import InternalError, InvalidRequest, MethodNotAllowed, retry_after, sentence_of, status_of
from adapters.http.json_text import to_json
from domain.errors import DomainError

if TYPE_CHECKING:
    from chalice.app import Request

_JSON = "application/json; charset=utf-8"
_LOG = logging.getLogger("learnermax.http")
_LAST_FRAMES = 6


@frozen(kw_only=True)
class Reply:
    """What a view answers: ``body`` as plain values, None for no body."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class Call:
    """One request, as a view sees it."""

    request: Request
    params: Mapping[str, str]

    @property
    def caller(self) -> Caller:
        """Who is calling. Raises NotAuthenticated when nobody is."""
        return caller(self.request.context)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""
        return {name.lower(): value for name, value in self.request.headers.items()}

    @property
    def body(self) -> bytes:
        """The body's exact bytes.

        Raises:
            InvalidRequest: it came in a form that is no text and no Base64.
        """
        try:
            raw = self.request.raw_body
            return raw if isinstance(raw, bytes) else raw.encode()
        except ValueError:
            raise InvalidRequest("The body cannot be read.") from None

    @property
    def request_id(self) -> str:
        """The request's id, under which the log has it."""
        return _request_id(self.request)

    def envelope(self, error: DomainError) -> dict[str, object]:
        """The error as every error is written."""
        return _envelope(error, self.request_id)

    @property
    def query(self) -> Mapping[str, str]:
        """The query; of a name given twice the last value counts."""
        return dict(self.request.query_params or {})


View = Callable[[Call], Reply]


@define
class Router:
    """Puts views on a Chalice app. ``authorizer`` guards what is not public, ``cors`` is for every browser's route."""

    app: Chalice
    authorizer: CognitoUserPoolAuthorizer
    cors: CORSConfig

    def add(self, method: str, *paths: str, view: View, public: bool = False, browser: bool = True) -> None:
        """Serve the view at the paths; the first is canonical, the others are aliases.

        ``public`` leaves out the authorizer; without ``browser`` no other site's page may call it.
        """
        for path in paths:
            self.app.route(
                path,
                methods=[method],
                name=f"{method} {path}",
                authorizer=None if public else self.authorizer,
                cors=self.cors if browser else False,
                content_types=[],
            )(self._bounded(view, path))

    def _bounded(self, view: View, path: str) -> Callable[..., Response]:
        def run(**params: str) -> Response:
            call = Call(self._request(), params)
            try:
                return _response(view(call))
            except DomainError as error:
                return _problem(error, call.request_id)
            except Exception as error:  # noqa: BLE001 - the last boundary: everything unforeseen is logged and is a 500
                _log_unforeseen(error, call.request_id, path)
                return _problem(InternalError(), call.request_id)

        return run

    def reshape(self, event: Request | None, get_response: Callable[[Any], Response]) -> Response:
        """Middleware: put the answers that Chalice gives by itself into the envelope too."""
        request_id = _request_id(event)
        try:
            response = get_response(event)
        except Exception as error:  # noqa: BLE001 - as in the boundary around the views
            _log_unforeseen(error, request_id, "none")
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

    def _request(self) -> Request:
        request = self.app.current_request
        if request is None:
            raise RuntimeError("There is no request outside a view.")
        return request


def _request_id(request: Request | None) -> str:
    return str((request.context.get("requestId") if request else None) or uuid.uuid4())


def _envelope(error: DomainError, request_id: str) -> dict[str, object]:
    return {"error": sentence_of(error), "code": error.code, "requestId": request_id}


def _problem(error: DomainError, request_id: str) -> Response:
    wait = retry_after(error)
    headers = {"Retry-After": str(wait)} if wait else {}
    return _response(Reply(status=status_of(error), body=_envelope(error, request_id), headers=headers))


def _log_unforeseen(error: Exception, request_id: str, path: str) -> None:
    # Neither the message nor the values: either may hold what a person typed.
    entry = {"route": path, "requestId": request_id, "error": type(error).__name__, "at": _where(error)}
    _LOG.error(json.dumps({"level": "ERROR", "message": "unforeseen error", **entry}))


def _response(reply: Reply) -> Response:
    # Written here, inside the boundary: a body that cannot be written would escape Chalice's own error handling.
    headers: dict[str, str | list[str]] = {"Content-Type": _JSON, "Cache-Control": "no-store", **reply.headers}
    return Response(body=to_json(reply.body), status_code=reply.status, headers=headers)


def _where(error: Exception) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-_LAST_FRAMES:]
