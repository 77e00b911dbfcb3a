"""The list of all routes, from which the app is built without importing a view."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from adapters.http.routing import Access

ROUTES = Path(__file__).with_name("routes.json")
"""``make openapi`` writes it from the views, and a test holds it equal to them."""


class RouteEntry(NamedTuple):
    """A route as it is listed: ``views`` is the class that has its view, by module and name."""

    method: str
    path: str
    views: str
    access: Access
    alias_of: str | None
    browser: bool


def listed_routes() -> list[RouteEntry]:
    """All routes."""
    return [
        RouteEntry(
            method=entry["method"],
            path=entry["path"],
            views=entry["views"],
            access=Access[entry["access"]],
            alias_of=entry["aliasOf"],
            browser=entry["browser"],
        )
        for entry in json.loads(ROUTES.read_text("utf-8"))
    ]
