"""Which function answers which call. Modules name their paths with a decorator, as in the OpenAPI document."""

import re
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from scripts.stripe_emulator.errors import Json

Handler = Callable[..., Any]


@frozen(kw_only=True)
class Call:
    """One call of the API: typed parameters and the ids in its path."""

    params: Json
    args: dict[str, str]
    request_id: str
    idempotency_key: str | None = None


@frozen
class Match:
    """The function that answers, the template it is registered under, and the path's ids."""

    handler: Handler
    template: str
    args: dict[str, str]


@frozen
class Routes:
    """A table of (method, path template)."""

    table: dict[tuple[str, str], Handler] = field(factory=dict)
    _patterns: list[tuple[str, re.Pattern[str], str]] = field(factory=list)

    def get(self, template: str) -> Callable[[Handler], Handler]:
        """Register a GET."""
        return self.add("GET", template)

    def post(self, template: str) -> Callable[[Handler], Handler]:
        """Register a POST."""
        return self.add("POST", template)

    def delete(self, template: str) -> Callable[[Handler], Handler]:
        """Register a DELETE."""
        return self.add("DELETE", template)

    def add(self, method: str, template: str) -> Callable[[Handler], Handler]:
        """Register a path for a method."""

        def register(handler: Handler) -> Handler:
            self.table[method, template] = handler
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
            self._patterns.append((method, re.compile(pattern), template))
            return handler

        return register

    def include(self, other: "Routes") -> None:
        """Take over another table's paths."""
        for (method, template), handler in other.table.items():
            self.add(method, template)(handler)

    def find(self, method: str, path: str) -> Match | None:
        """The function for a path, or None. Fixed paths win over ones with ids in them."""
        if (method, path) in self.table:
            return Match(self.table[method, path], path, {})
        for known, pattern, template in self._patterns:
            match = pattern.fullmatch(path) if known == method else None
            if match:
                return Match(self.table[method, template], template, match.groupdict())
        return None


def routes() -> Routes:
    """An empty table."""
    return Routes()
