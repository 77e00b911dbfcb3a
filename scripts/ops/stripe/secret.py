"""The stage's Stripe keys."""

from __future__ import annotations

from attrs import field, frozen

from scripts.ops.aws.provider_secret import ProviderSecret
from scripts.ops.stage import Stage

SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"
WEBHOOK_STAGE = "STRIPE_WEBHOOK_STAGE"
"""The entry that names the stage whose endpoint's signing secret is stored."""


@frozen
class StripeSecret(ProviderSecret):
    """Stripe's."""

    provider: str = field(default="stripe", init=False)


def mode_problem(stage: Stage, *, live: bool) -> str | None:
    """Why this stage may not have keys of this mode; None if it may.

    Students of ``prod`` would pay nothing with test keys, and anybody who tries something in another stage would pay.
    """
    if stage.is_production == live:
        return None
    if stage.is_production:
        return f"the secret {stage.secret} has test keys: in prod nobody would pay; keys set stores the live ones"
    return f"the secret {stage.secret} has live keys, which only prod may use: keys set stores test keys"
