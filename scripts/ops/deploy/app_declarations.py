"""What app.py declares to Chalice: routes, authorizers, handlers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from scripts.stack.app_loader import lambda_process, load_app


@frozen
class AppDeclarations:
    """``routes`` maps (method, path) to whether a token is required, ``handlers`` functions to their handlers."""

    routes: Mapping[tuple[str, str], bool]
    handlers: Mapping[str, str]


def declarations_of(app_file: Path, variables: Mapping[str, str]) -> AppDeclarations:
    """Load this app.py in a function's environment and read its declarations. Opens no connection.

    Raises:
        SettingsError: a variable is missing or invalid.
    """
    with lambda_process({**variables, "AWS_LAMBDA_FUNCTION_NAME": ""}):
        app = load_app(app_file)
        routes = {
            (method, path): entry.authorizer is not None
            for path, entries in app.routes.items()
            for method, entry in entries.items()
        }
        handlers = {source.name: str(source.handler_string) for source in app.event_sources}
    return AppDeclarations(routes=routes, handlers={**handlers, "api_handler": "app.app"})
