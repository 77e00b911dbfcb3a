"""Stages: which ones are configured, and the names of their resources."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from attrs import field, frozen

from adapters.settings import SECRET_NAMES

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".chalice" / "config.json"
LOCAL = "local"
LOCAL_SETTINGS = "learnermax/local-settings"
"""The secret in which the local stack keeps the school's settings that it was started with, such as its time zone."""
API_HANDLER = "api_handler"
"""Chalice's name for the function that serves the API."""

# The emulators of AWS and of the payment providers of `make run`; variables that are already set win.
_LOCAL_ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:{aws}",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "STRIPE_API_BASE": "http://127.0.0.1:{stripe}",
    "PAYPAL_API_BASE": "http://127.0.0.1:{paypal}",
    "PAYMENT_PROVIDERS": "stripe,paypal",
}


class UnknownStageError(Exception):
    """The configuration has no stage of this name; deploying it would silently create a new set of resources."""


@frozen(kw_only=True)
class Stage:
    """One stage and the names of its resources. ``variables`` is the environment of its functions."""

    name: str
    variables: Mapping[str, str] = field(repr=False)
    app: str = "learnermax-education"

    @classmethod
    def named(cls, name: str, config: Path = CONFIG) -> Self:
        """The stage of this name in Chalice's configuration.

        Raises:
            UnknownStageError: there is no such stage.
        """
        written = read_config(config)
        stages = written.get("stages", {})
        if name not in stages:
            raise UnknownStageError(f"There is no stage {name!r}; there are {', '.join(sorted(stages))}.")
        shared = written.get("environment_variables", {})
        return cls(
            name=name,
            app=written["app_name"],
            variables={**shared, **stages[name].get("environment_variables", {})},
        )

    @property
    def is_local(self) -> bool:
        """Whether the stage runs in the emulators on this machine."""
        return self.name == LOCAL

    @property
    def is_production(self) -> bool:
        """Whether the stage serves real students and takes real money."""
        return self.name == "prod"

    @property
    def stack(self) -> str:
        """The name of the CloudFormation stack, which outlives deployments."""
        return f"{self.app}-{self.name}"

    @property
    def table(self) -> str:
        """The name of the DynamoDB table."""
        return self.variables["TABLE_NAME"]

    @property
    def queue(self) -> str:
        """The name of the queue of payment events that could not be settled at once."""
        return self.variables["QUEUE_NAME"]

    @property
    def dead_letter_queue(self) -> str:
        """The name of the queue of payment events that could not be settled in five attempts."""
        return f"{self.queue}-dlq"

    @property
    def secret(self) -> str:
        """The name of the secret with Stripe's keys in Secrets Manager."""
        return self.secret_of("stripe")

    def secret_of(self, provider: str) -> str:
        """The name of the secret with a payment provider's keys."""
        return self.variables.get(f"{provider.upper()}_SECRET_NAME", SECRET_NAMES[provider])

    @property
    def function(self) -> str:
        """The name of the Lambda function that serves the API."""
        return f"{self.app}-{self.name}"

    def function_of(self, handler: str) -> str:
        """The name of a handler's Lambda function; "api_handler" is the API's."""
        return self.function if handler == API_HANDLER else f"{self.function}-{handler}"

    @property
    def gateway_logs(self) -> str:
        """The name of the log group with API Gateway's access log."""
        return f"/aws/apigateway/{self.function}"

    @property
    def gateway_role(self) -> str:
        """The name of the IAM role by which API Gateway writes logs, for all stages of the account."""
        return f"{self.app}-gateway-logs"

    def role_of(self, handler: str) -> str:
        """The name of the IAM role of a handler's Lambda function."""
        return f"{self.function}-{handler}"


def read_config(config: Path = CONFIG) -> dict[str, Any]:
    """Chalice's configuration, .chalice/config.json."""
    written: dict[str, Any] = json.loads(config.read_text("utf-8"))
    return written


def write_variable(stage: str, name: str, value: str, config: Path = CONFIG) -> None:
    """Set an environment variable of the stage's functions in Chalice's configuration; all else stays as written."""
    written = read_config(config)
    written["stages"][stage]["environment_variables"][name] = value
    config.write_text(json.dumps(written, indent=2) + "\n", "utf-8")


def prepare_environment(stage: Stage) -> None:
    """For the local stage, point this process at the emulators, and take over the settings that the stack was started
    with; variables that are already set stay.
    """
    if not stage.is_local:
        return
    usual = {"aws": "4566", "stripe": "12111", "paypal": "12112"}
    ports = {name: os.environ.get(f"{name.upper()}_PORT") or port for name, port in usual.items()}
    for name, value in _LOCAL_ENVIRONMENT.items():
        os.environ.setdefault(name, value.format(**ports))
    for name, value in _settings_of_stack().items():
        os.environ.setdefault(name, value)


def _settings_of_stack() -> dict[str, str]:
    """The school's settings that the running stack was started with; none where no stack runs."""
    from adapters.aws import client
    from adapters.aws.errors import failed

    try:
        answer = client("secretsmanager").get_secret_value(SecretId=LOCAL_SETTINGS)
    except failed():
        return {}
    found: dict[str, str] = json.loads(answer["SecretString"])
    return found
