"""`smoke`: call a running stage as browsers, Stripe and unauthenticated callers do."""

from __future__ import annotations

import os

import click

from scripts.ops.deploy.stack import required_outputs
from scripts.ops.errors import OpsError
from scripts.ops.smoke.checks import smoke_checks
from scripts.ops.terminal.command import Operator, operated


@click.command()
@click.option("--api", "api_url", help="The API's base URL, without /api; by default the stage's.")
@click.option("--web", "web_url", help="The pages' URL; by default the stage's.")
@click.option("--journey", help="Also open and cancel a checkout of this course, as a temporary user.")
@operated
def smoke(operator: Operator, api_url: str | None, web_url: str | None, journey: str | None) -> None:
    """Call the running stage: health, catalogue, tokens, CORS, webhook signatures, pages. Charges nobody."""
    web, api = web_url or _web_url(operator), api_url or _api_url(operator)
    checks = list(smoke_checks(operator.stage, operator.aws, web, api, journey))
    operator.out.table([{"check": check.what, "problem": check.problem or ""} for check in checks])
    if failed := [check for check in checks if check.problem]:
        raise OpsError(f"{len(failed)} of {len(checks)} checks failed.")


def _web_url(operator: Operator) -> str:
    if operator.stage.is_local:
        return f"http://127.0.0.1:{os.environ.get('WEB_PORT') or '3000'}"
    return required_outputs(operator.stage, operator.aws)["WebOrigin"]


def _api_url(operator: Operator) -> str | None:
    """The local stage serves API and pages on two ports; elsewhere both have one origin."""
    return f"http://127.0.0.1:{os.environ.get('API_PORT') or '8000'}" if operator.stage.is_local else None
