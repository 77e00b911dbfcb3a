"""Whether the stack uses the PayPal emulator, or a PayPal sandbox whose keys are in the environment."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from scripts.stack.errors import StackError

VARIABLES = ("PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET", "PAYPAL_WEBHOOK_ID")


@frozen
class PayPalKeys:
    """The product's PayPal keys; ``emulated`` is False if they are those of a real sandbox."""

    client_id: str = "paypal-client-local"
    client_secret: str = field(default="paypal-secret-local", repr=False)
    webhook_id: str = "WH-LOCAL"
    emulated: bool = True

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> PayPalKeys:
        """The sandbox's keys if all three variables are set, the emulator's if none is. Raises StackError."""
        given = client_id, client_secret, webhook_id = [environment.get(name, "") for name in VARIABLES]
        if not any(given):
            return cls()
        if missing := [name for name, value in zip(VARIABLES, given, strict=True) if not value]:
            raise StackError(f"For real PayPal, set {' and '.join(missing)} too; unset the others for the emulator.")
        return cls(client_id, client_secret, webhook_id, emulated=False)

    def as_secret(self) -> dict[str, str]:
        """The keys as the entries of the secret in Secrets Manager."""
        return {
            "PAYPAL_SECRET_KEY": self.client_secret,
            "PAYPAL_PUBLISHABLE_KEY": self.client_id,
            "PAYPAL_WEBHOOK_SECRET": self.webhook_id,
        }
