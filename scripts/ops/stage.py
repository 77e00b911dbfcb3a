"""Stages: which exist, and how everything of one is called."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from attrs import field, frozen

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".chalice" / "config.json"
LOCAL = "local"

# The account that `make run` emulates; each may be set otherwise.
_LOCAL_ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:{aws}",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "STRIPE_API_BASE": "http://127.0.0.1:{stripe}",
}


class UnknownStageError(Exception):
    """No stage of this name is in the configuration. Deploying it would silently make a new set of everything."""


@frozen(kw_only=True)
class Stage:
    """One deployment and the names of what belongs to it. ``variables`` are those of its functions."""

    name: str
    variables: Mapping[str, str] = field(repr=False)
    app: str = "learnermax-education"

    @classmethod
    def named(cls, name: str, config: Path = CONFIG) -> Self:
        """The stage as it is configured.

        Raises:
            UnknownStageError: it is not.
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
        """Whether it lives in the emulators on this machine."""
        return self.name == LOCAL

    @property
    def is_production(self) -> bool:
        """Whether real students and real money are in it."""
        return self.name == "prod"

    @property
    def stack(self) -> str:
        """The CloudFormation stack of what outlives a deployment."""
        return f"{self.app}-{self.name}"

    @property
    def table(self) -> str:
        """The DynamoDB table."""
        return self.variables["TABLE_NAME"]

    @property
    def queue(self) -> str:
        """The queue of news that could not be settled at once."""
        return self.variables["QUEUE_NAME"]

    @property
    def dead_letters(self) -> str:
        """The queue of news that could not be settled at all."""
        return f"{self.queue}-dlq"

    @property
    def secret(self) -> str:
        """The name of Stripe's keys in Secrets Manager."""
        return self.variables.get("STRIPE_SECRET_NAME", "learnermax/stripe")

    @property
    def function(self) -> str:
        """The Lambda function that serves the API."""
        return f"{self.app}-{self.name}"

    def function_of(self, handler: str) -> str:
        """The Lambda function of another handler of app.py."""
        return f"{self.function}-{handler}"


def read_config(config: Path = CONFIG) -> dict[str, Any]:
    """Chalice's configuration."""
    written: dict[str, Any] = json.loads(config.read_text("utf-8"))
    return written


def prepare_environment(stage: Stage) -> None:
    """Point this process at the local emulators where the stage is theirs; what is set already stays."""
    if not stage.is_local:
        return
    ports = {"aws": os.environ.get("AWS_PORT") or "4566", "stripe": os.environ.get("STRIPE_PORT") or "12111"}
    for name, value in _LOCAL_ENVIRONMENT.items():
        os.environ.setdefault(name, value.format(**ports))
