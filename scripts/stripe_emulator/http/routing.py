"""Which function answers which request. Functions name their paths with a decorator, spelt as in OpenAPI."""

from collections.abc import Callable
from typing import Any

from attrs import field, frozen
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from scripts.stripe_emulator.errors import Json

Handler = Callable[..., Any]


@frozen(kw_only=True)
class Call:
    """One call of Stripe's API: its typed parameters and the ids in its path."""

    params: Json
    args: dict[str, str]
    request_id: str
    idempotency_key: str | None = None


@frozen
class Match:
    """The function that answers, the path template it is registered under, and the ids found in the path."""

    handler: Handler
    template: str
    args: dict[str, str]


@frozen
class Routes:
    """A table of functions by method and path template, such as `/v1/refunds/{refund}`."""

    handlers: dict[tuple[str, str], Handler] = field(factory=dict)
    _map: Map = field(factory=lambda: Map(strict_slashes=True, merge_slashes=False))

    def get(self, template: str) -> Callable[[Handler], Handler]:
        """Register a function for GET."""
        return self._register("GET", template)

    def post(self, template: str) -> Callable[[Handler], Handler]:
        """Register a function for POST."""
        return self._register("POST", template)

    def delete(self, template: str) -> Callable[[Handler], Handler]:
        """Register a function for DELETE."""
        return self._register("DELETE", template)

    def include(self, other: "Routes") -> None:
        """Add all routes of another table."""
        for (method, template), handler in other.handlers.items():
            self._register(method, template)(handler)

    def find(self, method: str, path: str) -> Match | None:
        """The function for a request; None when there is none. Fixed paths win over ones with ids in them."""
        try:
            template, args = self._map.bind("localhost").match(path, method)
        except (NotFound, MethodNotAllowed):
            return None
        handler = self.handlers.get((method, template))
        return Match(handler, template, dict(args)) if handler else None

    def _register(self, method: str, template: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            rule = template.replace("{", "<").replace("}", ">")
            self._map.add(Rule(rule, endpoint=template, methods=[method]))
            self.handlers[method, template] = handler
            return handler

        return register
