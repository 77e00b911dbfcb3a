"""IAM policies of a stage's functions: the committed ones, with the names that the stage's variables have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import fields

from adapters.settings import Settings

_FIRST_SECRET = str(fields(Settings).stripe_secret_name.default)


def render_policies(directory: Path, target: Path, config: Mapping[str, Any]) -> None:
    """Write the policy of every function of every stage to ``target``.

    Each is the file in ``directory`` that the configuration names, with the table, queue and Stripe secret of the
    stage's variables: a table or secret of another name needs no change in a policy.
    """
    shared = config.get("environment_variables", {})
    for stage in config["stages"].values():
        variables = {**shared, **stage.get("environment_variables", {})}
        for function in stage.get("lambda_functions", {}).values():
            if name := function.get("iam_policy_file"):
                policy = json.loads((directory / name).read_text("utf-8"))
                (target / name).write_text(json.dumps(rendered(policy, variables), indent=2) + "\n")


def rendered(policy: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """The policy with the resources that these variables name."""
    statements = [
        {**statement, "Resource": _resources(statement["Resource"], variables)} for statement in policy["Statement"]
    ]
    return {**policy, "Statement": statements}


def _resources(named: str | list[str], variables: Mapping[str, str]) -> str | list[str]:
    return [_resource(one, variables) for one in named] if isinstance(named, list) else _resource(named, variables)


def _resource(arn: str, variables: Mapping[str, str]) -> str:
    match arn.split(":", 5):
        case [*start, "dynamodb", region, account, table]:
            index = table.split("/")[2:]
            return ":".join([*start, "dynamodb", region, account, "/".join(["table", variables["TABLE_NAME"], *index])])
        case [*start, "sqs", region, account, _]:
            return ":".join([*start, "sqs", region, account, variables["QUEUE_NAME"]])
        case [*start, "secretsmanager", region, account, secret] if secret.startswith(f"secret:{_FIRST_SECRET}-"):
            own = variables.get("STRIPE_SECRET_NAME", _FIRST_SECRET)
            return ":".join([*start, "secretsmanager", region, account, f"secret:{own}-??????"])
    return arn
