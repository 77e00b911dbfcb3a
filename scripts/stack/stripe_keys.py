"""Whether the stack uses the Stripe emulator, or a Stripe sandbox whose keys are in the environment."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from scripts.stack.errors import StackError

VARIABLES = ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET")


@frozen
class StripeKeys:
    """The product's three Stripe keys; ``emulated`` is False if they are those of a real sandbox."""

    secret_key: str = field(default="sk_test_local", repr=False)
    publishable_key: str = "pk_test_local"
    webhook_secret: str = field(default="whsec_local", repr=False)
    emulated: bool = True

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> StripeKeys:
        """The sandbox's keys if all three variables are set, the emulator's if none is. Raises StackError."""
        given = secret_key, publishable_key, webhook_secret = [environment.get(name, "") for name in VARIABLES]
        if not any(given):
            return cls()
        if missing := [name for name, value in zip(VARIABLES, given, strict=True) if not value]:
            raise StackError(f"For real Stripe, set {' and '.join(missing)} too; unset the others for the emulator.")
        if any("_live_" in value for value in given[:2]):
            raise StackError(
                "These are live keys. The local stack takes a sandbox's keys only (sk_test_..., pk_test_...)."
            )
        return cls(secret_key, publishable_key, webhook_secret, emulated=False)

    def as_secret(self) -> dict[str, str]:
        """The keys as the entries of the secret in Secrets Manager."""
        return dict(zip(VARIABLES, (self.secret_key, self.publishable_key, self.webhook_secret), strict=True))
