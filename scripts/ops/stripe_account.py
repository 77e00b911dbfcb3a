"""The stage's Stripe account, asked as an operator: with the keys that the product itself uses."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from adapters.stripe.api import RETRIES, TIMEOUT, sdk_transport
from adapters.stripe.events import API_VERSION
from scripts.ops.aws import Aws
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage

if TYPE_CHECKING:
    from stripe import StripeClient

SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"


@frozen
class Keys:
    """The stage's keys as Secrets Manager holds them: one JSON object, other entries left alone."""

    stage: Stage
    aws: Aws

    def read(self) -> dict[str, Any]:
        """The entries.

        Raises:
            OpsError: there is no such secret, or it is no JSON object.
        """
        client = self.aws("secretsmanager")
        try:
            text = client.get_secret_value(SecretId=self.stage.secret)["SecretString"]
            entries = json.loads(text)
        except client.exceptions.ResourceNotFoundException:
            raise OpsError(f"There is no secret {self.stage.secret}; see docs/deploy.md for how to make it.") from None
        except (KeyError, ValueError):
            raise OpsError(f"The secret {self.stage.secret} is not a JSON object.") from None
        if not isinstance(entries, dict):
            raise OpsError(f"The secret {self.stage.secret} is not a JSON object.")
        return entries

    def keep_webhook_secret(self, secret: str) -> None:
        """Store the signing secret beside the keys; the version before stays readable as AWSPREVIOUS."""
        entries = {**self.read(), WEBHOOK_SECRET: secret}
        self.aws("secretsmanager").put_secret_value(SecretId=self.stage.secret, SecretString=json.dumps(entries))


@frozen
class StripeAccount:
    """Stripe itself. ``livemode`` is what the secret key is for."""

    client: StripeClient = field(repr=False)
    livemode: bool

    @classmethod
    def of(cls, stage: Stage, aws: Aws) -> StripeAccount:
        """The account of the stage's secret key.

        Raises:
            OpsError: the key is not there.
        """
        import stripe

        key = str(Keys(stage, aws).read().get(SECRET_KEY) or "").strip()
        if not key.startswith(("sk_", "rk_")):
            raise OpsError(f"The secret {stage.secret} has no {SECRET_KEY}.")
        base = os.environ.get("STRIPE_API_BASE") if stage.is_local else None
        client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": base} if base else None,
            http_client=sdk_transport(TIMEOUT),
            max_network_retries=RETRIES,
        )
        return cls(client, livemode="_live_" in key)
