"""IAM policies of a stage's functions.

The committed files carry the names of their stage's variables and the secret of every payment provider in
``adapters.settings``; `python -m scripts.ops.deploy.policies` writes the secrets into them. A deployment renders them
once more with the variables that the stage then has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.settings import SECRET_NAMES
from scripts.ops.stage import API_HANDLER

FOLDER = Path(__file__).parents[3] / ".chalice"


def render_policies(directory: Path, target: Path, config: Mapping[str, Any]) -> None:
    """Write the policy of every function of every stage to ``target``.

    Each is the file in ``directory`` that the configuration names, with the table, queue and providers' secrets of the
    stage's variables: a table or secret of another name needs no change in a policy. The API's may delete from the user
    pool, where the variables ask for that.
    """
    for stage in config["stages"]:
        variables = stage_variables(config, stage)
        for handler, function in config["stages"][stage].get("lambda_functions", {}).items():
            if name := function.get("iam_policy_file"):
                policy = rendered(json.loads((directory / name).read_text("utf-8")), variables)
                if handler == API_HANDLER:
                    policy = with_sign_ins(policy, variables)
                (target / name).write_text(json.dumps(policy, indent=2) + "\n", "utf-8")


def stage_variables(config: Mapping[str, Any], stage: str) -> dict[str, str]:
    """The environment variables of a stage's functions."""
    return {**config.get("environment_variables", {}), **config["stages"][stage].get("environment_variables", {})}


def rendered(policy: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """The policy with the resources that these variables name."""
    statements = [
        {**statement, "Resource": _resources(statement["Resource"], variables)} for statement in policy["Statement"]
    ]
    return with_secrets({**policy, "Statement": statements}, variables)


def secret_resources(variables: Mapping[str, str]) -> list[str]:
    """The secret of every provider, by the pattern of its ARN: Secrets Manager adds six characters to a name."""
    names = (variables.get(f"{provider.upper()}_SECRET_NAME", name) for provider, name in SECRET_NAMES.items())
    return [f"arn:aws:secretsmanager:*:*:secret:{name}-??????" for name in sorted(names)]


def with_secrets(policy: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """The policy, whose statement ``Keys``, if it has one, allows to read every provider's secret."""
    resources = secret_resources(variables)
    statements = [
        {**one, "Resource": resources if len(resources) > 1 else resources[0]} if one["Sid"] == "Keys" else one
        for one in policy["Statement"]
    ]
    return {**policy, "Statement": statements}


def with_sign_ins(policy: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """The policy, which may delete accounts of the user pool if the variables ask for that."""
    if variables.get("DELETE_SIGN_INS") != "yes" or "USER_POOL_ARN" not in variables:
        return dict(policy)
    allowed = {
        "Sid": "SignIns",
        "Effect": "Allow",
        "Action": "cognito-idp:AdminDeleteUser",
        "Resource": variables["USER_POOL_ARN"],
    }
    return {**policy, "Statement": [*policy["Statement"], allowed]}


def _resources(named: str | list[str], variables: Mapping[str, str]) -> str | list[str]:
    return [_resource(one, variables) for one in named] if isinstance(named, list) else _resource(named, variables)


def _resource(arn: str, variables: Mapping[str, str]) -> str:
    match arn.split(":", 5):
        case [*start, "dynamodb", region, account, table]:
            index = table.split("/")[2:]
            return ":".join([*start, "dynamodb", region, account, "/".join(["table", variables["TABLE_NAME"], *index])])
        case [*start, "sqs", region, account, _]:
            return ":".join([*start, "sqs", region, account, variables["QUEUE_NAME"]])
    return arn


def main() -> None:
    """Write the secrets into the committed policies."""
    config = json.loads((FOLDER / "config.json").read_text("utf-8"))
    for path in sorted(FOLDER.glob("policy-*.json")):
        variables = stage_variables(config, path.stem.split("-")[1])
        policy = with_secrets(json.loads(path.read_text("utf-8")), variables)
        path.write_text(json.dumps(policy, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
