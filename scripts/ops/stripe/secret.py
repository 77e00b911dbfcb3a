"""The stage's Stripe keys, stored as one JSON object in Secrets Manager."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage

SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"


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
        client = self.aws("secretsmanager")
        try:
            text = client.get_secret_value(SecretId=self.stage.secret)["SecretString"]
            entries = json.loads(text)
        except client.exceptions.ResourceNotFoundException:
            raise OpsError(f"There is no secret {self.stage.secret}; docs/deploy.md says how to create it.") from None
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
        """Store the endpoint's signing secret; the previous version stays readable as AWSPREVIOUS."""
        entries = {**self.read(), WEBHOOK_SECRET: signing_secret}
        self.aws("secretsmanager").put_secret_value(SecretId=self.stage.secret, SecretString=json.dumps(entries))
