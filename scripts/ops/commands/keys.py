"""`keys`: store Stripe's keys of the stage, and show which are stored. No key is ever an argument of a command."""

from __future__ import annotations

import json
import sys

import click

from scripts.ops.errors import OpsError
from scripts.ops.stripe.secret import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET, StripeSecret, mode_problem
from scripts.ops.terminal.command import Operator, OpsGroup, operated

_BEGINNINGS = {SECRET_KEY: ("sk_", "rk_"), PUBLISHABLE_KEY: ("pk_",)}


@click.group(cls=OpsGroup)
def keys() -> None:
    """Store the stage's Stripe keys, and show which are stored."""


@keys.command("set")
@click.option("--stdin", is_flag=True, help="Read a JSON object with the keys from standard input, without prompts.")
@operated
def set_keys(operator: Operator, *, stdin: bool) -> None:
    """Ask for the secret key and the publishable key and store them; an empty answer keeps what is stored.

    The secret is created if there is none. Functions take new keys within five minutes; the previous ones are used
    until then.
    """
    secret = StripeSecret(operator.stage, operator.aws)
    stored = secret.read_or_none() or {}
    given = _from_stdin() if stdin else _from_prompts()
    if not given:
        operator.out.say("Nothing was changed.")
        return
    merged = {name: str(value) for name, value in {**stored, **given}.items() if name in _BEGINNINGS}
    _validate(operator, merged)
    secret.store(given)
    operator.out.details(_row(secret))


@keys.command()
@operated
def show(operator: Operator) -> None:
    """Show which keys are stored, their mode and their last four characters."""
    operator.out.details(_row(StripeSecret(operator.stage, operator.aws)))


def _from_stdin() -> dict[str, str]:
    try:
        given = json.loads(sys.stdin.read())
    except ValueError:
        raise OpsError("Standard input is not a JSON object.") from None
    if not isinstance(given, dict) or not given.keys() <= _BEGINNINGS.keys():
        raise OpsError(f"Give a JSON object with {' and '.join(_BEGINNINGS)}.")
    return {name: str(value).strip() for name, value in given.items()}


def _from_prompts() -> dict[str, str]:
    answers = {
        name: str(click.prompt(name, default="", show_default=False, hide_input=name == SECRET_KEY, err=True)).strip()
        for name in _BEGINNINGS
    }
    return {name: value for name, value in answers.items() if value}


def _validate(operator: Operator, entries: dict[str, str]) -> None:
    for name, beginnings in _BEGINNINGS.items():
        if not entries.get(name, "").startswith(beginnings):
            raise OpsError(f"{name} begins with {' or '.join(beginnings)}; nothing was stored.")
    modes = {"_live_" in value for value in entries.values()}
    if len(modes) > 1:
        raise OpsError("One of the keys is a live key and the other a test key; nothing was stored.")
    if not operator.stage.is_local and (problem := mode_problem(operator.stage, live=modes.pop())):
        raise OpsError(f"Nothing was stored: {problem.partition(':')[0]}.")


def _row(secret: StripeSecret) -> dict[str, object]:
    entries = secret.read()
    shown: dict[str, object] = {"secret": secret.stage.secret}
    for name in (SECRET_KEY, PUBLISHABLE_KEY):
        value = str(entries.get(name) or "")
        shown[name] = f"{'live' if '_live_' in value else 'test'} mode, ...{value[-4:]}" if value else None
    signing = str(entries.get(WEBHOOK_SECRET) or "")
    return {**shown, WEBHOOK_SECRET: f"...{signing[-4:]}" if signing else None}
