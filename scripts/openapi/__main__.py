"""`python -m scripts.openapi`: write adapters/http/openapi.json and routes.json anew."""

from __future__ import annotations

import json
from pathlib import Path

from adapters.container import build_container
from adapters.http.api import VIEWS, LoadedViews
from adapters.http.route_list import ROUTES
from adapters.settings import Settings
from scripts.openapi.document import build

TARGET = Path(__file__).resolve().parents[2] / "adapters" / "http" / "openapi.json"

# Routes are the same in every deployment; nothing here is called.
_SETTINGS = Settings(
    stage="local",
    table_name="none",
    queue_name="none",
    web_origin="https://school.example",
    user_pool_arn="arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_none",
    user_pool_client_id="none",
)


def document_text() -> str:
    """The document as the file has it."""
    loaded = _loaded()
    document = build(route for views in VIEWS for route in loaded.routes_of(views))
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def routes_text() -> str:
    """The list of routes as the file has it: one a line."""
    loaded = _loaded()
    entries = [
        {
            "method": route.method,
            "path": route.path,
            "views": views,
            "access": route.access.name,
            "aliasOf": route.alias_of,
            "browser": route.browser,
        }
        for views in VIEWS
        for route in loaded.routes_of(views)
    ]
    return "[\n  " + ",\n  ".join(json.dumps(entry) for entry in entries) + "\n]\n"


def _loaded() -> LoadedViews:
    return LoadedViews(build_container(_SETTINGS))


if __name__ == "__main__":
    for target, text in ((ROUTES, routes_text()), (TARGET, document_text())):
        target.write_text(text, "utf-8")
        print(f"Wrote {target}.")
