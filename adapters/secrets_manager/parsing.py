"""Reading one provider's keys out of Secrets Manager. What is said of a failure names keys, never values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from adapters.aws.errors import answered, failed
from adapters.strict_json import load_object
from domain.ports.secret_store import ProviderSecrets

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import GetSecretValueResponseTypeDef

OVERLAP = timedelta(hours=25)
"""How long the webhook secret before the current one is accepted: a provider signs with both for up to a day."""


class UnreadableError(Exception):
    """The keys cannot be read. ``sentence`` tells a person what to mend, ``reason`` is the same in a word."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


def read_secrets(
    client: Callable[[], SecretsManagerClient], name: str, provider: str, now: datetime
) -> ProviderSecrets:
    """The provider's keys as they are now, with the webhook secret before, where one was replaced a short time ago.

    Raises:
        UnreadableError: no answer, no such secret, or a key is not in it.
    """
    try:
        answer = client().get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
    except answered() as error:
        reason = str(error.response.get("Error", {}).get("Code", "refused"))
        raise UnreadableError(reason, f"The secret {name} cannot be read: {reason}.") from None
    except failed() as error:
        reason = type(error).__name__
        raise UnreadableError(reason, f"The secret {name} cannot be read: {reason}.") from None
    keys = _Keys(name, provider, answer)
    current = keys.needed("WEBHOOK_SECRET")
    # A new secret may be read before the provider signs with it, and what is under way was signed with the old one.
    is_new = now - _created(answer) < OVERLAP
    before = _webhook_secret_before(client, name, provider) if is_new else None
    return ProviderSecrets(
        secret_key=keys.needed("SECRET_KEY"),
        publishable_key=keys.needed("PUBLISHABLE_KEY"),
        webhook_secrets=(current, before) if before and before != current else (current,),
    )


def _webhook_secret_before(client: Callable[[], SecretsManagerClient], name: str, provider: str) -> str | None:
    """The previous version's webhook secret. It is an extra: whatever is wrong with it, the current one stands."""
    try:
        answer = client().get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
        return _Keys(name, provider, answer).needed("WEBHOOK_SECRET")
    except (*failed(), UnreadableError):
        return None


def _created(answer: GetSecretValueResponseTypeDef) -> datetime:
    """When the version was made: botocore gives a time, AWS itself seconds since the epoch."""
    created: datetime | float = answer["CreatedDate"]
    return created if isinstance(created, datetime) else datetime.fromtimestamp(created, UTC)


class _Keys:
    """The entries of a secret, ``<PROVIDER>_<KEY>``."""

    def __init__(self, name: str, provider: str, answer: GetSecretValueResponseTypeDef) -> None:
        self._name = name
        self._prefix = provider.upper()
        try:
            self._entries = load_object(answer.get("SecretString", ""))
        except ValueError:
            raise UnreadableError("malformed", f"The secret {name} is not a JSON object.") from None

    def needed(self, key: str) -> str:
        """The entry without blanks around it, which copying tends to add. A blank one would let anybody in."""
        full = f"{self._prefix}_{key}"
        value = self._entries.get(full)
        if not isinstance(value, str) or not value.strip():
            raise UnreadableError("missing_key", f"The secret {self._name} has no {full}.")
        return value.strip()
