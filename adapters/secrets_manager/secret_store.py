"""The providers' secrets, cached so that an outage of Secrets Manager stops no payment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from adapters.secrets_manager.parsing import UnreadableError, read_secrets
from domain.errors import SecretsUnavailable
from domain.ports.clock import Clock
from domain.ports.secret_store import ProviderSecrets, SecretStore
from domain.ports.telemetry import Signal, Telemetry

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

LIFETIME = timedelta(minutes=5)
"""How long cached secrets are used without reading them again."""

GRACE = timedelta(hours=24)
"""How much longer they are used while Secrets Manager does not answer."""

_BETWEEN_READS = timedelta(minutes=1)


@frozen
class _Cached:
    secrets: ProviderSecrets
    read_at: datetime
    tried_at: datetime


@define(eq=False, kw_only=True)
class SecretsManagerStore(SecretStore):
    """Reads each provider's JSON secret, whose name is in ``names``. Thread-safe; one thread reads at a time."""

    client: Callable[[], SecretsManagerClient]
    names: Mapping[str, str]
    clock: Clock
    telemetry: Telemetry
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _cache: dict[str, _Cached] = field(factory=dict, init=False)

    def secrets(self, provider: str) -> ProviderSecrets:
        """The provider's secrets, at most five minutes old unless Secrets Manager does not answer."""
        known = self._cache.get(provider)
        if known and self._is_fresh(known):
            return known.secrets
        with self._lock:
            known = self._cache.get(provider)
            if known and (self._is_fresh(known) or self._tried_lately(known)):
                return known.secrets
            return self._read(provider, known)

    def refreshed(self, provider: str) -> ProviderSecrets:
        """The provider's secrets, read again unless that was tried within the last minute."""
        with self._lock:
            known = self._cache.get(provider)
            if known and self._tried_lately(known):
                return known.secrets
            return self._read(provider, known)

    def _is_fresh(self, known: _Cached) -> bool:
        return self.clock.now() - known.read_at < LIFETIME

    def _tried_lately(self, known: _Cached) -> bool:
        """Whether to skip a read: in an outage it would time out again, and strangers could cause reads at will."""
        now = self.clock.now()
        return now - known.tried_at < _BETWEEN_READS and now - known.read_at < LIFETIME + GRACE

    def _read(self, provider: str, known: _Cached | None) -> ProviderSecrets:
        now = self.clock.now()
        try:
            secrets = read_secrets(self.client, self._name_of(provider), provider, now)
        except UnreadableError as unreadable:
            return self._stale(provider, known, unreadable, now)
        self._cache[provider] = _Cached(secrets, now, now)
        return secrets

    def _stale(
        self, provider: str, known: _Cached | None, unreadable: UnreadableError, now: datetime
    ) -> ProviderSecrets:
        if known is None or now - known.read_at >= LIFETIME + GRACE:
            raise SecretsUnavailable(unreadable.sentence) from None
        self._cache[provider] = evolve(known, tried_at=now)
        self.telemetry.emit(Signal.SECRETS_STALE, reason=unreadable.reason, provider=provider)
        return known.secrets

    def _name_of(self, provider: str) -> str:
        if provider not in self.names:
            raise SecretsUnavailable(f"No secret is configured for the payment provider {provider}.")
        return self.names[provider]
