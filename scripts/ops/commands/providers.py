"""`providers`: stop and resume selling through one payment provider, within seconds and without a deployment."""

from __future__ import annotations

import click

from adapters.settings import SECRET_NAMES
from scripts.ops.aws.clients import AwsClients
from scripts.ops.container import settings_of
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated, yes

_OFFERED, _RETIRED = "PAYMENT_PROVIDERS", "RETIRED_PROVIDERS"
_NAME = click.argument("name", type=click.Choice(sorted(SECRET_NAMES)))


@click.group(cls=OpsGroup)
def providers() -> None:
    """Stop and resume selling through one payment provider; what was begun there is settled all the same."""


@providers.command("list")
@operated
def list_providers(operator: Operator) -> None:
    """Show through which providers students can pay now, and which the configuration has."""
    configured = settings_of(operator.stage)
    now = configured.payment_providers
    if not operator.stage.is_local:
        now = _names(_variables(operator.stage, operator.aws).get(_OFFERED)) or now
    every = (*configured.payment_providers, *configured.retired_providers)
    operator.out.table([{"provider": name, "offered": name in now} for name in every])


@providers.command()
@_NAME
@dry_run
@yes
@operated
def stop(operator: Operator, name: str, *, dry_run: bool, yes: bool) -> None:
    """Offer NAME to nobody from now on. Checkouts that are open there can still be paid, and are settled.

    A deployment resumes: to keep it stopped, move NAME to RETIRED_PROVIDERS in .chalice/config.json.
    """
    variables, offered = _deployed(operator)
    if name not in offered:
        operator.out.say(f"{name} is not offered; nothing was changed.")
        return
    rest = [each for each in offered if each != name]
    if not rest:
        raise OpsError(f"{name} is the only provider: sales close stops selling altogether.")
    if dry_run:
        operator.out.say(f"Students could pay through {' and '.join(rest)} only. Nothing was changed.")
        return
    operator.confirm(f"Stop selling through {name}?", yes=yes)
    retired = [*_names(variables.get(_RETIRED)), name]
    _set(operator, {**variables, _OFFERED: ",".join(rest), _RETIRED: ",".join(retired)})
    operator.out.details({"offered": rest})


@providers.command()
@operated
def resume(operator: Operator) -> None:
    """Offer again what the configuration has."""
    variables, _ = _deployed(operator)
    rest = {name: value for name, value in variables.items() if name not in (_OFFERED, _RETIRED)}
    own = {name: operator.stage.variables[name] for name in (_OFFERED, _RETIRED) if name in operator.stage.variables}
    _set(operator, rest | own)
    operator.out.details({"offered": list(settings_of(operator.stage).payment_providers)})


def _deployed(operator: Operator) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables of the deployed API, and what it offers."""
    if operator.stage.is_local:
        raise OpsError("The local stage offers what make run was told: PAYMENT_PROVIDERS.")
    variables = _variables(operator.stage, operator.aws)
    return variables, _names(variables.get(_OFFERED)) or settings_of(operator.stage).payment_providers


def _variables(stage: Stage, aws: AwsClients) -> dict[str, str]:
    client = aws("lambda")
    try:
        found = client.get_function_configuration(FunctionName=stage.function)
    except client.exceptions.ResourceNotFoundException:
        raise OpsError(f"{stage.function} is not deployed.") from None
    variables: dict[str, str] = found.get("Environment", {}).get("Variables", {})
    return variables


def _set(operator: Operator, variables: dict[str, str]) -> None:
    """Only the API opens checkouts; everything else goes on with all of them."""
    client, function = operator.aws("lambda"), operator.stage.function
    client.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
    client.get_waiter("function_updated_v2").wait(FunctionName=function)


def _names(value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())
