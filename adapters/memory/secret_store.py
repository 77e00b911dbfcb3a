"""Keys to the payment providers, in a dictionary."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import define, field

from domain.errors import SecretsUnavailable
from domain.ports.clock import Clock
from domain.ports.secret_store import ProviderSecrets, SecretStore

_ANEW_AT_MOST_EVERY = timedelta(minutes=1)


@define(eq=False)
class MemorySecretStore(SecretStore):
    """Hands out what it remembers. ``current`` is what the school has stored last, by provider: change it to rotate."""

    clock: Clock
    current: dict[str, ProviderSecrets] = field(factory=dict)
    _remembered: dict[str, tuple[datetime, ProviderSecrets]] = field(factory=dict, init=False)

    def secrets(self, provider: str) -> ProviderSecrets:
        """The provider's keys as last read."""
        return self._remembered[provider][1] if provider in self._remembered else self._read(provider)

    def refreshed(self, provider: str) -> ProviderSecrets:
        """The provider's keys read anew, unless that was done within the last minute."""
        if provider in self._remembered:
            read_at, remembered = self._remembered[provider]
            if self.clock.now() - read_at < _ANEW_AT_MOST_EVERY:
                return remembered
        return self._read(provider)

    def _read(self, provider: str) -> ProviderSecrets:
        if provider not in self.current:
            raise SecretsUnavailable
        self._remembered[provider] = (self.clock.now(), self.current[provider])
        return self.current[provider]
