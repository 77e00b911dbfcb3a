"""A payment provider's keys at a stage, stored as one JSON object in Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage

SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "SECRET_KEY", "PUBLISHABLE_KEY", "WEBHOOK_SECRET"
WEBHOOK_STAGE = "WEBHOOK_STAGE"
"""The entry that names the stage whose webhook is stored."""


@frozen
class ProviderSecret:
    """The secret of a payment provider at a stage. Entries that are not its keys are left unchanged."""

    stage: Stage
    aws: AwsClients
    provider: str = "stripe"

    def entry(self, key: str) -> str:
        """The name of an entry: ``SECRET_KEY`` is ``PAYPAL_SECRET_KEY`` in PayPal's secret."""
        return f"{self.provider.upper()}_{key}"

    @property
    def name(self) -> str:
        """The secret's name in Secrets Manager."""
        return self.stage.secret_of(self.provider)

    def read(self) -> dict[str, Any]:
        """The secret's entries by name.

        Raises:
            OpsError: the secret does not exist or is not a JSON object.
        """
        entries = self.read_or_none()
        if entries is None:
            raise OpsError(f"There is no secret {self.name}; keys set creates it.")
        return entries

    def read_or_none(self) -> dict[str, Any] | None:
        """The secret's entries by name; None if there is no secret.

        Raises:
            OpsError: the secret is not a JSON object.
        """
        client = self.aws("secretsmanager")
        try:
            entries = json.loads(client.get_secret_value(SecretId=self.name)["SecretString"])
        except client.exceptions.ResourceNotFoundException:
            return None
        except (KeyError, ValueError):
            raise OpsError(f"The secret {self.name} is not a JSON object.") from None
        if not isinstance(entries, dict):
            raise OpsError(f"The secret {self.name} is not a JSON object.")
        return entries

    @property
    def has_webhook_secret(self) -> bool:
        """Whether the signing secret of the webhook endpoint is stored."""
        return bool(str(self.read().get(self.entry(WEBHOOK_SECRET)) or "").strip())

    def store_webhook_secret(self, signing_secret: str) -> None:
        """Store the endpoint's signing secret; the previous version stays readable as AWSPREVIOUS.

        Raises:
            OpsError: the secret holds another stage's signing secret, which would be lost.
        """
        self.require_own()
        self.store({self.entry(WEBHOOK_SECRET): signing_secret, self.entry(WEBHOOK_STAGE): self.stage.name})

    def require_own(self) -> None:
        """Check that no other stage's signing secret is stored.

        Raises:
            OpsError: one is.
        """
        owner = self.read().get(self.entry(WEBHOOK_STAGE))
        if owner not in (None, self.stage.name):
            raise OpsError(self.belongs_to(str(owner)))

    def belongs_to(self, owner: str) -> str:
        """The sentence that the secret is that stage's, and what to do."""
        return (
            f"The secret {self.name} is the stage {owner}'s. Give {self.stage.name} one of its own: "
            f"{self.provider.upper()}_SECRET_NAME in its environment_variables in .chalice/config.json, then keys set."
        )

    def store(self, changed: Mapping[str, str]) -> None:
        """Store these entries beside those that are there; creates the secret if there is none."""
        client, stored = self.aws("secretsmanager"), self.read_or_none()
        text = json.dumps({**(stored or {}), **changed})
        if stored is None:
            client.create_secret(Name=self.name, SecretString=text)
        else:
            client.put_secret_value(SecretId=self.name, SecretString=text)
