"""What app.py declares, read as Chalice reads it: routes, who may call them, handlers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from scripts.stack.app_loader import lambda_process, load_app


@frozen
class AppFacts:
    """``routes``: (method, path), and whether a token is asked for. ``handlers``: by the functions' names."""

    routes: Mapping[tuple[str, str], bool]
    handlers: Mapping[str, str]


def facts_of(app_file: Path, variables: Mapping[str, str]) -> AppFacts:
    """The facts of this app.py in a function's environment. Opens no connection.

    Raises:
        SettingsError: a variable is missing or cannot be right.
    """
    with lambda_process({**variables, "AWS_LAMBDA_FUNCTION_NAME": ""}):
        app = load_app(app_file)
        routes = {
            (method, path): entry.authorizer is not None
            for path, entries in app.routes.items()
            for method, entry in entries.items()
        }
        handlers = {source.name: str(source.handler_string) for source in app.event_sources}
    return AppFacts(routes=routes, handlers={**handlers, "api_handler": "app.app"})
