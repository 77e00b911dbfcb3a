"""`keys`: store the payment providers' keys of the stage, and show which are stored. No key is ever an argument."""

from __future__ import annotations

import json
import sys

import click

from scripts.ops.aws.provider_secret import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET, ProviderSecret
from scripts.ops.errors import OpsError
from scripts.ops.providers import KEYS, ProviderKeys, one_provider
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated


@click.group(cls=OpsGroup)
def keys() -> None:
    """Store the stage's keys of a payment provider, and show which are stored."""


@keys.command("set")
@one_provider
@click.option("--stdin", is_flag=True, help="Read a JSON object with the keys from standard input, without prompts.")
@dry_run
@operated
def set_keys(operator: Operator, *, provider: str, stdin: bool, dry_run: bool) -> None:
    """Ask for the secret key and the publishable key and store them; an empty answer keeps what is stored.

    PayPal's are its app's client secret and client id. The secret is created if there is none. Functions take new keys
    within five minutes; the previous ones are used until then.
    """
    secret = ProviderSecret(operator.stage, operator.aws, provider)
    names = tuple(map(secret.entry, (SECRET_KEY, PUBLISHABLE_KEY)))
    stored = secret.read_or_none() or {}
    given = _from_stdin(names) if stdin else _from_prompts(names)
    if not given:
        operator.out.say("Nothing was changed.")
        return
    merged = {name: str(value) for name, value in {**stored, **given}.items() if name in names}
    KEYS[provider].require_right(operator.stage, merged)
    if dry_run:
        operator.out.say(f"These keys fit {operator.stage.name}; they would be stored. Nothing was changed.")
        return
    secret.store(given)
    operator.out.details(_row(secret, KEYS[provider]))


@keys.command()
@one_provider
@operated
def show(operator: Operator, *, provider: str) -> None:
    """Show which keys are stored, their mode and their last four characters.

    The exit status is 1 if the stage may not have keys of this mode.
    """
    secret = ProviderSecret(operator.stage, operator.aws, provider)
    operator.out.details(_row(secret, KEYS[provider]))
    entries = secret.read()
    is_complete = all(entries.get(secret.entry(name)) for name in (SECRET_KEY, PUBLISHABLE_KEY))
    if is_complete and not operator.stage.is_local and (problem := KEYS[provider].problem(operator.stage, entries)):
        raise OpsError(f"{problem[0].upper()}{problem[1:]}.")


def _from_stdin(names: tuple[str, ...]) -> dict[str, str]:
    try:
        given = json.loads(sys.stdin.read())
    except ValueError:
        raise OpsError("Standard input is not a JSON object.") from None
    if not isinstance(given, dict) or not given.keys() <= set(names):
        raise OpsError(f"Give a JSON object with {' and '.join(names)}.")
    return {name: str(value).strip() for name, value in given.items()}


def _from_prompts(names: tuple[str, ...]) -> dict[str, str]:
    answers = {
        name: str(
            click.prompt(name, default="", show_default=False, hide_input=name.endswith(SECRET_KEY), err=True)
        ).strip()
        for name in names
    }
    return {name: value for name, value in answers.items() if value}


def _row(secret: ProviderSecret, provider: ProviderKeys) -> dict[str, object]:
    entries = secret.read()
    shown: dict[str, object] = {"secret": secret.name}
    for name in map(secret.entry, (SECRET_KEY, PUBLISHABLE_KEY)):
        value = str(entries.get(name) or "")
        shown[name] = f"{provider.mode_of(secret.stage, value)} mode, ...{value[-4:]}" if value else None
    signing = str(entries.get(secret.entry(WEBHOOK_SECRET)) or "")
    return {**shown, secret.entry(WEBHOOK_SECRET): f"...{signing[-4:]}" if signing else None}
