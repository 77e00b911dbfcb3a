"""The stage's Stripe keys, stored as one JSON object in Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage

SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"
WEBHOOK_STAGE = "STRIPE_WEBHOOK_STAGE"
"""The entry that names the stage whose endpoint's signing secret is stored."""


@frozen
class StripeSecret:
    """The secret of the stage. Entries that are not Stripe keys are left unchanged."""

    stage: Stage
    aws: AwsClients

    def read(self) -> dict[str, Any]:
        """The secret's entries by name.

        Raises:
            OpsError: the secret does not exist or is not a JSON object.
        """
        entries = self.read_or_none()
        if entries is None:
            raise OpsError(f"There is no secret {self.stage.secret}; keys set creates it.")
        return entries

    def read_or_none(self) -> dict[str, Any] | None:
        """The secret's entries by name; None if there is no secret.

        Raises:
            OpsError: the secret is not a JSON object.
        """
        client = self.aws("secretsmanager")
        try:
            entries = json.loads(client.get_secret_value(SecretId=self.stage.secret)["SecretString"])
        except client.exceptions.ResourceNotFoundException:
            return None
        except (KeyError, ValueError):
            raise OpsError(f"The secret {self.stage.secret} is not a JSON object.") from None
        if not isinstance(entries, dict):
            raise OpsError(f"The secret {self.stage.secret} is not a JSON object.")
        return entries

    @property
    def has_webhook_secret(self) -> bool:
        """Whether the signing secret of the webhook endpoint is stored."""
        return bool(str(self.read().get(WEBHOOK_SECRET) or "").strip())

    def store_webhook_secret(self, signing_secret: str) -> None:
        """Store the endpoint's signing secret; the previous version stays readable as AWSPREVIOUS.

        Raises:
            OpsError: the secret holds another stage's signing secret, which would be lost.
        """
        self.require_own()
        self.store({WEBHOOK_SECRET: signing_secret, WEBHOOK_STAGE: self.stage.name})

    def require_own(self) -> None:
        """Check that no other stage's signing secret is stored.

        Raises:
            OpsError: one is.
        """
        owner = self.read().get(WEBHOOK_STAGE)
        if owner not in (None, self.stage.name):
            raise OpsError(self.belongs_to(str(owner)))

    def belongs_to(self, owner: str) -> str:
        """The sentence that the secret is that stage's, and what to do."""
        return (
            f"The secret {self.stage.secret} is the stage {owner}'s. Give {self.stage.name} one of its own: "
            "STRIPE_SECRET_NAME in its environment_variables in .chalice/config.json, then keys set."
        )

    def store(self, changed: Mapping[str, str]) -> None:
        """Store these entries beside those that are there; creates the secret if there is none."""
        client, stored = self.aws("secretsmanager"), self.read_or_none()
        text = json.dumps({**(stored or {}), **changed})
        if stored is None:
            client.create_secret(Name=self.stage.secret, SecretString=text)
        else:
            client.put_secret_value(SecretId=self.stage.secret, SecretString=text)


def mode_problem(stage: Stage, *, live: bool) -> str | None:
    """Why this stage may not have keys of this mode; None if it may.

    Students of ``prod`` would pay nothing with test keys, and anybody who tries something in another stage would pay.
    """
    if stage.is_production == live:
        return None
    if stage.is_production:
        return f"the secret {stage.secret} has test keys: in prod nobody would pay; keys set stores the live ones"
    return f"the secret {stage.secret} has live keys, which only prod may use: keys set stores test keys"
