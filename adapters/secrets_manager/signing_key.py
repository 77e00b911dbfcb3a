"""The key that signs the addresses of lessons, cached like the providers' secrets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define, field

from adapters.aws.errors import failed
from adapters.secrets_manager.secret_store import LIFETIME
from adapters.strict_json import load_object
from domain.errors import SecretsUnavailable
from domain.ports.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

KEY_ID, PRIVATE_KEY = "LESSON_KEY_ID", "LESSON_PRIVATE_KEY"
"""The entries of the secret."""


@define(eq=False, kw_only=True)
class SigningKeySecret:
    """Reads the secret ``name``, a JSON object with ``LESSON_KEY_ID`` and ``LESSON_PRIVATE_KEY``. Thread-safe."""

    client: Callable[[], SecretsManagerClient]
    name: str
    clock: Clock
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _cached: tuple[datetime, tuple[str, str]] | None = field(default=None, init=False, repr=False)

    def read(self) -> tuple[str, str]:
        """The key's id and its private half, at most five minutes old unless Secrets Manager does not answer.

        Raises:
            SecretsUnavailable: it cannot be read, and was not before; or an entry is missing.
        """
        with self._lock:
            now = self.clock.now()
            if self._cached is not None and now - self._cached[0] < LIFETIME:
                return self._cached[1]
            try:
                answer = self.client().get_secret_value(SecretId=self.name)
            except failed():
                if self._cached is not None:
                    return self._cached[1]
                raise SecretsUnavailable(f"The secret {self.name} cannot be read.") from None
            entries = self._entries(answer.get("SecretString", ""))
            self._cached = (now, entries)
            return entries

    def _entries(self, text: str) -> tuple[str, str]:
        try:
            secret = load_object(text)
        except ValueError:
            raise SecretsUnavailable(f"The secret {self.name} is not a JSON object.") from None
        key_id, private_key = secret.get(KEY_ID), secret.get(PRIVATE_KEY)
        if not isinstance(key_id, str) or not isinstance(private_key, str) or not key_id or not private_key:
            raise SecretsUnavailable(f"The secret {self.name} has no {KEY_ID} or no {PRIVATE_KEY}.")
        return key_id, private_key
