"""`webhook-endpoint`: register the endpoint at a payment provider, verify it, roll Stripe's signing secret."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from scripts.ops.commands.paypal_webhook import PAYPAL, ensure_webhook, show_webhook
from scripts.ops.errors import OpsError
from scripts.ops.paypal.webhooks import Webhooks
from scripts.ops.providers import one_provider
from scripts.ops.stripe.secret import WEBHOOK_STAGE, StripeSecret
from scripts.ops.stripe.webhook_endpoints import (
    WebhookEndpoint,
    WebhookEndpoints,
    endpoint_row,
    endpoints_of,
    left_to_people,
    problems_of,
    repairable,
)
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.rows import Row

_URL = click.option("--url", help="The endpoint's URL; by default at the pages' domain.")


@click.group("webhook-endpoint", cls=OpsGroup)
def webhook_endpoint() -> None:
    """Register and verify the webhook endpoint at a payment provider, and roll Stripe's signing secret."""


@webhook_endpoint.command()
@one_provider
@_URL
@dry_run
@operated
def ensure(operator: Operator, *, provider: str, url: str | None, dry_run: bool) -> None:
    """Register the endpoint with exactly our events and API version and store its secret, or repair it.

    A second run changes nothing. An endpoint of another API version must be replaced: roll. Of PayPal's webhook the id
    is stored: signatures name it.
    """
    if provider == PAYPAL:
        ensure_webhook(operator, url, dry_run=dry_run)
        return
    endpoints = endpoints_of(operator.stage, operator.aws, url)
    found = endpoints.registered()
    wrong, others = list(repairable(found)), list(left_to_people(found, endpoints, datetime.now(UTC)))
    if not found:
        _require_own_secret(operator, endpoints)
        _create(operator, endpoints, dry_run=dry_run)
    elif not StripeSecret(operator.stage, operator.aws).has_webhook_secret:
        raise OpsError(f"{found[0].id} exists but its secret is not stored: webhook-endpoint roll creates a new one.")
    elif dry_run and (wrong or others):
        would: list[Row] = [{"would be repaired": sentence} for sentence in wrong]
        operator.out.table([*would, *({"is left as it is": sentence} for sentence in others)])
    elif wrong or others:
        if wrong:
            endpoints.repair(found[0])
        _show(operator, endpoints)
    else:
        operator.out.say("The endpoint is right; nothing was changed.")
        operator.out.details(endpoint_row(endpoints, found))


@webhook_endpoint.command()
@one_provider
@_URL
@operated
def verify(operator: Operator, *, provider: str, url: str | None) -> None:
    """Verify that there is one endpoint, enabled, with our events, mode and API version, and its secret stored."""
    if provider == PAYPAL:
        show_webhook(operator, Webhooks.at(operator.stage, operator.aws, url))
        return
    _show(operator, endpoints_of(operator.stage, operator.aws, url))


@webhook_endpoint.command()
@_URL
@click.option("--finish", is_flag=True, help="Delete the old endpoint; do so a day after rolling, within the hour.")
@dry_run
@yes
@operated
def roll(operator: Operator, *, url: str | None, finish: bool, dry_run: bool, yes: bool) -> None:
    """Register a second endpoint at Stripe and store its new secret; --finish deletes the first, a day later.

    Both secrets are accepted for 25 hours. Until --finish events arrive twice, which is harmless.
    """
    endpoints = endpoints_of(operator.stage, operator.aws, url)
    old = endpoints.registered()
    if finish:
        _finish(operator, endpoints, old, dry_run=dry_run, yes=yes)
        return
    if len(old) > 1:
        raise OpsError(f"There are {len(old)} endpoints: an earlier roll is not finished. Run roll --finish first.")
    if dry_run:
        operator.out.say(
            f"A second endpoint would be registered at {endpoints.url} and its secret stored. Nothing was changed."
        )
        return
    operator.confirm(f"Create a new signing secret for {endpoints.url}?", yes=yes)
    _create(operator, endpoints, dry_run=False)
    operator.out.say(
        "Run webhook-endpoint roll --finish in a day from now, within the hour: both secrets are accepted for 25 hours."
    )


def _require_own_secret(operator: Operator, endpoints: WebhookEndpoints) -> None:
    """Check that the stored signing secret, if any, is not another stage's.

    Raises:
        OpsError: it is, or may be: it was stored before secrets named their stage, and another stage has an endpoint.
    """
    secret = StripeSecret(operator.stage, operator.aws)
    secret.require_own()
    others = endpoints.of_other_stages()
    if others and secret.has_webhook_secret and WEBHOOK_STAGE not in secret.read():
        raise OpsError(secret.belongs_to(str(others[0].stage)))


def _create(operator: Operator, endpoints: WebhookEndpoints, *, dry_run: bool) -> None:
    if dry_run:
        operator.out.say(
            f"An endpoint would be registered at {endpoints.url} and its secret stored. Nothing was changed."
        )
        return
    stripe_secret = StripeSecret(operator.stage, operator.aws)
    stripe_secret.read()  # before anything is created: a signing secret that cannot be stored is lost
    created, signing_secret = endpoints.create()
    try:
        stripe_secret.store_webhook_secret(signing_secret)
    except Exception:
        endpoints.remove(created)
        raise
    operator.out.say("Registered, and its signing secret is stored.")
    operator.out.details(created.row())


def _finish(
    operator: Operator, endpoints: WebhookEndpoints, found: tuple[WebhookEndpoint, ...], *, dry_run: bool, yes: bool
) -> None:
    newest, *others = found or (None,)
    if not others or newest is None:
        operator.out.say("There is no older endpoint; nothing was changed.")
        return
    if not newest.enabled:
        raise OpsError(f"The newest endpoint {newest.id} is disabled; the old one is still needed.")
    rows = [other.row() for other in others]
    if dry_run:
        operator.out.table(rows)
        operator.out.say("These would be deleted. Nothing was changed.")
        return
    operator.confirm(f"Delete {len(others)} older endpoints and keep {newest.id}?", yes=yes)
    for other in others:
        endpoints.remove(other)
    operator.out.table(rows)


def _show(operator: Operator, endpoints: WebhookEndpoints) -> None:
    """Print the endpoint and its problems.

    Raises:
        OpsError: it has problems.
    """
    found = endpoints.registered()
    wrong = problems_of(operator.stage, operator.aws, endpoints, found)
    operator.out.details({**endpoint_row(endpoints, found), "problems": wrong})
    if wrong:
        raise OpsError("; ".join(wrong))
