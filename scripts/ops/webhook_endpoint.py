"""`webhook-endpoint`: register it at Stripe, look whether it is right, roll its secret."""

from __future__ import annotations

import os

import click

from scripts.ops.command import Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.errors import OpsError
from scripts.ops.preflight import outputs_of
from scripts.ops.stripe_account import WEBHOOK_SECRET, Keys, StripeAccount
from scripts.ops.stripe_endpoint import PATH, Endpoint, Endpoints, problems

_URL = click.option("--url", help="The endpoint's address; the pages' own domain unless given.")


@click.group("webhook-endpoint", cls=OpsGroup)
def webhook_endpoint() -> None:
    """Stripe's webhook endpoint and its signing secret."""


@webhook_endpoint.command()
@_URL
@dry_run
@operated
def ensure(operator: Operator, *, url: str | None, dry_run: bool) -> None:
    """Make the endpoint with exactly our events and API version, and store its secret; mend it where it is wrong.

    Run again, it changes nothing. An endpoint of another API version is replaced: roll.
    """
    endpoints = endpoints_of(operator, url)
    found = endpoints.ours()
    wrong = list(problems(found, endpoints.account))
    if not found:
        _create(operator, endpoints, dry_run=dry_run)
    elif not _has_secret(operator):
        raise OpsError(
            f"{found[0].id} is there, and its secret is told only once: webhook-endpoint roll makes a new one."
        )
    elif not wrong:
        operator.out.say("The endpoint is right; nothing was changed.")
        operator.out.facts(found[0].row())
    elif dry_run:
        operator.out.table([{"would be mended": sentence} for sentence in wrong])
    else:
        endpoints.mend(found[0])
        _show(operator, endpoints)


@webhook_endpoint.command()
@_URL
@operated
def verify(operator: Operator, *, url: str | None) -> None:
    """Look whether the endpoint is there once, enabled, of the right events, mode and version, its secret stored."""
    _show(operator, endpoints_of(operator, url))


@webhook_endpoint.command()
@_URL
@click.option("--finish", is_flag=True, help="Remove the old endpoint; do so a day after rolling.")
@dry_run
@yes
@operated
def roll(operator: Operator, *, url: str | None, finish: bool, dry_run: bool, yes: bool) -> None:
    """Make a second endpoint with a new secret and store that; --finish removes the first, a day later.

    Both secrets are accepted for 25 hours. Events come twice until --finish, which changes nothing.
    """
    endpoints = endpoints_of(operator, url)
    old = endpoints.ours()
    if finish:
        _finish(operator, endpoints, old, dry_run=dry_run, yes=yes)
        return
    if len(old) > 1:
        raise OpsError(f"{len(old)} endpoints are there: an earlier roll is not finished. Run roll --finish first.")
    if dry_run:
        operator.out.say(
            f"A second endpoint would be made at {endpoints.url}, and its secret stored. Nothing was changed."
        )
        return
    operator.confirm(f"Make a new signing secret for {endpoints.url}?", yes=yes)
    _create(operator, endpoints, dry_run=False)
    operator.out.say("Run roll --finish tomorrow; until then both secrets are accepted.")


def endpoints_of(operator: Operator, url: str | None) -> Endpoints:
    """The endpoints at the stage's address.

    Raises:
        OpsError: the stage is not provisioned, or has no key.
    """
    account = StripeAccount.of(operator.stage, operator.aws)
    return Endpoints(account, url or _address(operator), operator.stage.name)


def problems_of(operator: Operator, endpoints: Endpoints, found: tuple[Endpoint, ...]) -> list[str]:
    """What is wrong with the endpoint, or with our side of it."""
    wrong = list(problems(found, endpoints.account))
    return wrong if _has_secret(operator) else [*wrong, f"the secret has no {WEBHOOK_SECRET}"]


def _create(operator: Operator, endpoints: Endpoints, *, dry_run: bool) -> None:
    if dry_run:
        operator.out.say(f"An endpoint would be made at {endpoints.url}, and its secret stored. Nothing was changed.")
        return
    keys = Keys(operator.stage, operator.aws)
    keys.read()  # before anything is made at Stripe: a secret that cannot be stored is lost
    made, secret = endpoints.create()
    try:
        keys.keep_webhook_secret(secret)
    except Exception:
        endpoints.remove(made)
        raise
    operator.out.say("Made, and its secret is stored.")
    operator.out.facts(made.row())


def _finish(operator: Operator, endpoints: Endpoints, found: tuple[Endpoint, ...], *, dry_run: bool, yes: bool) -> None:
    newest, *others = found or (None,)
    if not others or newest is None:
        operator.out.say("There is no older endpoint; nothing was changed.")
        return
    if not newest.enabled:
        raise OpsError(f"The newest endpoint {newest.id} is disabled; the old one is still needed.")
    rows = [other.row() for other in others]
    if dry_run:
        operator.out.table(rows)
        operator.out.say("These would be removed. Nothing was changed.")
        return
    operator.confirm(f"Remove {len(others)} older endpoints and keep {newest.id}?", yes=yes)
    for other in others:
        endpoints.remove(other)
    operator.out.table(rows)


def _show(operator: Operator, endpoints: Endpoints) -> None:
    """The endpoint and what is wrong with it.

    Raises:
        OpsError: something is.
    """
    found = endpoints.ours()
    wrong = problems_of(operator, endpoints, found)
    facts = found[0].row() if found else {"url": endpoints.url}
    operator.out.facts({**facts, "problems": wrong})
    if wrong:
        raise OpsError("; ".join(wrong))


def _has_secret(operator: Operator) -> bool:
    return bool(str(Keys(operator.stage, operator.aws).read().get(WEBHOOK_SECRET) or "").strip())


def _address(operator: Operator) -> str:
    if operator.stage.is_local:
        return f"http://127.0.0.1:{os.environ.get('API_PORT') or '8000'}{PATH}"
    outputs = outputs_of(operator.stage, operator.aws)
    if not outputs:
        raise OpsError(f"The stack {operator.stage.stack} is not there; run provision first.")
    return outputs["WebOrigin"] + PATH
