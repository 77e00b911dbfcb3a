"""IAM policies of a stage's functions: the committed ones, with the names that the stage's variables have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.settings import SECRET_NAMES

KEYS = "Keys"
"""The statement about the providers' secrets."""


def render_policies(directory: Path, target: Path, config: Mapping[str, Any]) -> None:
    """Write the policy of every function of every stage to ``target``.

    Each is the file in ``directory`` that the configuration names, with the table and queue of the stage's variables,
    and with the secret of every payment provider in place of the one that the file names: neither a table or secret of
    another name nor another provider needs a change in a policy.
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
    statements = [{**statement, "Resource": _resources(statement, variables)} for statement in policy["Statement"]]
    return {**policy, "Statement": statements}


def _resources(statement: Mapping[str, Any], variables: Mapping[str, str]) -> str | list[str]:
    """Of ``Keys`` the secret of every provider: Secrets Manager adds six characters to its name."""
    named: str | list[str] = statement["Resource"]
    arns = [named] if isinstance(named, str) else named
    if statement["Sid"] == KEYS:
        beginning = arns[0].rpartition(":secret:")[0]
        resources = [f"{beginning}:secret:{secret}-??????" for secret in secret_names(variables)]
    else:
        resources = [_resource(arn, variables) for arn in arns]
    return resources[0] if len(resources) == 1 else resources


def secret_names(variables: Mapping[str, str]) -> list[str]:
    """The names of the providers' secrets, as these variables or else the code name them."""
    return [variables.get(f"{provider.upper()}_SECRET_NAME", name) for provider, name in SECRET_NAMES.items()]


def _resource(arn: str, variables: Mapping[str, str]) -> str:
    match arn.split(":", 5):
        case [*start, "dynamodb", region, account, table]:
            index = table.split("/")[2:]
            return ":".join([*start, "dynamodb", region, account, "/".join(["table", variables["TABLE_NAME"], *index])])
        case [*start, "sqs", region, account, _]:
            return ":".join([*start, "sqs", region, account, variables["QUEUE_NAME"]])
    return arn
