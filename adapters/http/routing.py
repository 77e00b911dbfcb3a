"""Routes: who may call them, which body they take, and what a view is given and answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

from attrs import define, field, frozen

from adapters.http.auth import Caller, caller
from adapters.http.errors import InvalidRequest, sentence_of
from domain.errors import DomainError

if TYPE_CHECKING:
    from chalice.app import Request

    from adapters.http.response_bodies import Error
    from domain.audit import ActorRole

_CHANGING = frozenset({"POST", "PUT"})

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
        return request_id_of(self.request)

    def envelope(self, error: DomainError) -> Error:
        """The body of a response that reports the error."""
        return envelope(error, self.request_id)

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters; where one is given twice, its last value."""
        return dict(self.request.query_params or {})


def request_id_of(request: Request | None) -> str:
    """The request's id at API Gateway; a new one where it has none."""
    return str((request.context.get("requestId") if request else None) or uuid.uuid4())


def envelope(error: DomainError, request_id: str) -> Error:
    """The body of every answer that reports an error."""
    return {"error": sentence_of(error), "code": error.code, "requestId": request_id}


View = Callable[[Call], Reply[Any]]
BodyView = Callable[[Call, Body], Reply[Any]]


Renew = Callable[[Call, Mapping[str, Any]], Mapping[str, Any]]
"""From a request and its kept answer to the secrets that were not kept with it."""


class Route(NamedTuple):
    """One method of one path. ``alias_of`` is the canonical path, None where this is it; ``body`` its request class.

    ``renew`` gets the secrets of a kept answer anew, None where answers have none. Without ``browser`` no page of
    another origin may call it.
    """

    method: str
    path: str
    view: Callable[..., Reply[Any]]
    access: Access
    body: type | None
    alias_of: str | None
    browser: bool
    renew: Renew | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether the route takes an idempotency key: it changes something, for somebody who is signed in.

        An export does not: its answer has what is stored about a person, and must not be kept anywhere else.
        """
        is_export = self.path.endswith("/export")
        return self.method in _CHANGING and self.access is not Access.PUBLIC and not is_export


@define
class Router:
    """Collects the routes of views."""

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
        renew: Renew | None = None,
    ) -> None: ...

    def add(
        self,
        method: str,
        *paths: str,
        view: Callable[..., Reply[Any]],
        body: type | None = None,
        access: Access = Access.STUDENTS,
        browser: bool = True,
        renew: Renew | None = None,
    ) -> None:
        """Serve the view at the paths; the first is canonical, the others are aliases for existing callers.

        ``body``: the request's body is parsed as this class and given to the view. Without ``browser`` no page of
        another origin may call the route. ``renew``: the answer has secrets, which are not kept with it.
        """
        for path in paths:
            alias_of = None if path == paths[0] else paths[0]
            self.routes.append(Route(method, path, view, access, body, alias_of, browser, renew))
