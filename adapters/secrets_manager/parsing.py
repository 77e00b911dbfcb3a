"""Reading one provider's secrets from Secrets Manager. Error messages name keys, never values."""

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
"""How long the previous webhook secret is still accepted: a provider may sign with both for up to a day."""


class UnreadableError(Exception):
    """The secret cannot be read. ``sentence`` says what to correct, ``reason`` is a short code for the metrics."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


def read_secrets(
    client: Callable[[], SecretsManagerClient], name: str, provider: str, now: datetime
) -> ProviderSecrets:
    """The provider's current secrets, and the previous webhook secret while it is still accepted.

    Raises:
        UnreadableError: Secrets Manager does not answer, or the secret or one of its keys is missing.
    """
    try:
        answer = client().get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
    except answered() as error:
        reason = str(error.response.get("Error", {}).get("Code", "refused"))
        raise UnreadableError(reason, f"The secret {name} cannot be read: {reason}.") from None
    except failed() as error:
        reason = type(error).__name__
        raise UnreadableError(reason, f"The secret {name} cannot be read: {reason}.") from None
    entries = _Entries(name, provider, answer)
    current = entries.required("WEBHOOK_SECRET")
    # The new secret may be read before the provider signs with it; events on their way were signed with the old one.
    is_new = now - _created(answer) < OVERLAP
    previous = _previous_webhook_secret(client, name, provider) if is_new else None
    return ProviderSecrets(
        secret_key=entries.required("SECRET_KEY"),
        publishable_key=entries.required("PUBLISHABLE_KEY"),
        webhook_secrets=(current, previous) if previous and previous != current else (current,),
    )


def _previous_webhook_secret(client: Callable[[], SecretsManagerClient], name: str, provider: str) -> str | None:
    """The webhook secret of the secret's previous version; None if it cannot be read, since it is optional."""
    try:
        answer = client().get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
        return _Entries(name, provider, answer).required("WEBHOOK_SECRET")
    except UnreadableError:
        return None
    except failed():
        return None


def _created(answer: GetSecretValueResponseTypeDef) -> datetime:
    """When the version was created: botocore gives a time, AWS itself seconds since the epoch."""
    created: datetime | float = answer["CreatedDate"]
    return created if isinstance(created, datetime) else datetime.fromtimestamp(created, UTC)


class _Entries:
    """The entries of a secret, ``<PROVIDER>_<KEY>``."""

    def __init__(self, name: str, provider: str, answer: GetSecretValueResponseTypeDef) -> None:
        self._name = name
        self._prefix = provider.upper()
        try:
            self._entries = load_object(answer.get("SecretString", ""))
        except ValueError:
            raise UnreadableError("malformed", f"The secret {name} is not a JSON object.") from None

    def required(self, key: str) -> str:
        """The entry without surrounding whitespace. A blank one is refused: it would verify anybody's signature."""
        full = f"{self._prefix}_{key}"
        value = self._entries.get(full)
        if not isinstance(value, str) or not value.strip():
            raise UnreadableError("missing_key", f"The secret {self._name} has no {full}.")
        return value.strip()
