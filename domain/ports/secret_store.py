"""The keys to a payment provider."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen


@frozen(kw_only=True)
class ProviderSecrets:
    """One provider's keys. ``webhook_secrets`` holds the current one first, then the one before it while it is still
    accepted.
    """

    secret_key: str = field(repr=False)
    publishable_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)


class SecretStore(Protocol):
    """Reads secrets, and remembers them for a while. Every method is safe to repeat.

    Raises:
        SecretsUnavailable: any method, when a secret cannot be read and none is remembered.
    """

    def secrets(self, provider: str) -> ProviderSecrets:
        """The provider's keys, possibly remembered.

        While the store is out of reach, remembered keys serve on for a day.
        """
        ...

    def refreshed(self, provider: str) -> ProviderSecrets:
        """The provider's keys read anew, for when the remembered ones do not fit; anew at most once a minute."""
        ...
