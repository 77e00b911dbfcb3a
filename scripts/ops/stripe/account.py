"""A client of the stage's Stripe account, with the keys that the product itself uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from adapters.stripe.api import RETRIES, TIMEOUT, sdk_transport
from adapters.stripe.events import API_VERSION
from scripts.ops.aws.clients import AwsClients
from scripts.ops.container import settings_of
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage
from scripts.ops.stripe.secret import SECRET_KEY, StripeSecret

if TYPE_CHECKING:
    from stripe import StripeClient


@frozen
class StripeAccount:
    """The account. ``livemode``: its secret key is a live key. ``is_emulated``: it is the Stripe emulator's."""

    client: StripeClient = field(repr=False)
    livemode: bool
    is_emulated: bool = False

    @classmethod
    def of(cls, stage: Stage, aws: AwsClients) -> StripeAccount:
        """The account of the stage's secret key.

        Raises:
            OpsError: the secret has no secret key.
        """
        import stripe

        key = str(StripeSecret(stage, aws).read().get(SECRET_KEY) or "").strip()
        if not key.startswith(("sk_", "rk_")):
            raise OpsError(f"The secret {stage.secret} has no {SECRET_KEY}.")
        # Settings refuse an emulator in any stage but local and test.
        base = settings_of(stage).stripe_api_base
        client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": base} if base else None,
            http_client=sdk_transport(TIMEOUT),
            max_network_retries=RETRIES,
        )
        return cls(client, livemode="_live_" in key, is_emulated=base is not None)
