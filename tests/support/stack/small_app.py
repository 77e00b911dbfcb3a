"""A Chalice app with one route of each kind, for tests of the gateway."""

from __future__ import annotations

import os
from typing import Any

from chalice import Chalice, CognitoUserPoolAuthorizer, CORSConfig, Response

ORIGIN = "http://127.0.0.1:3000"


def build(origin: str = ORIGIN) -> Chalice:
    """A new app: public and authorized routes, a webhook without CORS, a queue handler and a schedule."""
    app = Chalice("app", configure_logs=False, env={})
    app.api.cors = CORSConfig(allow_origin=origin)
    _add_routes(app)
    _add_handlers(app)
    return app


def _add_routes(app: Any) -> None:
    pool = CognitoUserPoolAuthorizer("pool", provider_arns=[os.environ.get("USER_POOL_ARN", "arn:pool")])

    @app.route("/api/echo/{name}")
    def echo(name: str) -> dict[str, Any]:
        return {"name": name, "event": app.current_request.to_original_event()}

    @app.route("/api/echo/fixed")
    def fixed() -> dict[str, str]:
        return {"name": "the fixed route"}

    @app.route("/api/me", authorizer=pool)
    def me() -> Any:
        return app.current_request.context["authorizer"]["claims"]

    @app.route("/api/webhook", methods=["POST"], content_types=["*/*"], cors=False)
    def webhook() -> dict[str, str]:
        return {"hex": app.current_request.raw_body.hex()}

    @app.route("/api/broken")
    def broken() -> Response:
        return Response(body={"not": object()})


def _add_handlers(app: Any) -> None:
    @app.on_sqs_message(queue="learnermax-payment-events-local")
    def worker(event: Any) -> None:
        for record in event:
            if record.body == "poison":
                raise ValueError("poison")

    @app.schedule("rate(5 minutes)")
    def sweep(event: Any) -> str:
        return f"swept {event.source}"
