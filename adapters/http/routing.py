"""Routes: authorized unless said otherwise, one error boundary around every view, one envelope for every error."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import define, field, frozen
from chalice.app import Chalice, CognitoUserPoolAuthorizer, CORSConfig, Response

from adapters.http.auth import Caller, caller
from adapters.http.errors import InternalError, retry_after, status_of
from adapters.http.json_text import to_json
from domain.errors import DomainError

if TYPE_CHECKING:
    from chalice.app import Request

_JSON = "application/json; charset=utf-8"
_LOG = logging.getLogger("learnermax.http")
_CHALICE_CODES = {
    "BadRequestError": "invalid_request",
    "UnauthorizedError": "unauthorized",
    "ForbiddenError": "forbidden",
    "NotFoundError": "not_found",
    "MethodNotAllowedError": "method_not_allowed",
    "UnsupportedMediaType": "unsupported_media_type",
}


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
        """The body's exact bytes."""
        raw = self.request.raw_body
        return raw if isinstance(raw, bytes) else raw.encode()

    @property
    def request_id(self) -> str:
        """The request's id, under which the log has it."""
        return str(self.request.context.get("requestId") or uuid.uuid4())

    def envelope(self, error: DomainError) -> dict[str, object]:
        """The error as every error is written."""
        return {"error": str(error), "code": error.code, "requestId": self.request_id}

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
                return _problem(call, error)
            except Exception as error:  # noqa: BLE001 - the last boundary: everything unforeseen is logged and is a 500
                _log_unforeseen(call, error, path)
                return _problem(call, InternalError())

        return run

    def _request(self) -> Request:
        request = self.app.current_request
        if request is None:
            raise RuntimeError("There is no request outside a view.")
        return request


def reshape(event: Request, get_response: Callable[[Request], Response], cors: CORSConfig) -> Response:
    """Middleware: put the answers that Chalice gives by itself into the envelope too."""
    response = get_response(event)
    if isinstance(response.body, dict) and set(response.body) == {"Code", "Message"}:
        envelope = {
            "error": str(response.body["Message"]).partition(": ")[2] or str(response.body["Message"]),
            "code": _CHALICE_CODES.get(response.body["Code"], "internal_error"),
            "requestId": str(event.context.get("requestId") or uuid.uuid4()),
        }
        kept = {name: value for name, value in response.headers.items() if name.lower() != "content-type"}
        response = _response(Reply(status=response.status_code, body=envelope))
        response.headers |= {**kept, **cors.get_access_control_headers()}
    return response


def _problem(call: Call, error: DomainError) -> Response:
    wait = retry_after(error)
    headers = {"Retry-After": str(wait)} if wait else {}
    return _response(Reply(status=status_of(error), body=call.envelope(error), headers=headers))


def _log_unforeseen(call: Call, error: Exception, path: str) -> None:
    # Neither the message nor the values: either may hold what a person typed.
    _LOG.error(
        "unforeseen error",
        extra={"route": path, "request_id": call.request_id, "error": type(error).__name__, "at": _where(error)},
    )


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
    return frames[-6:]
