"""The key that signs the addresses of lessons, in the emulated Secrets Manager."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from adapters.memory.clock import MemoryClock
from adapters.secrets_manager.signing_key import SigningKeySecret
from domain.errors import SecretsUnavailable
from scripts.aws_emulator.faults import AwsError, Fault
from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import Clients

NAMES = (f"learnermax/lessons-{number}" for number in itertools.count())
DOWN = Fault(operation="secretsmanager:*", error=AwsError(400, "AccessDeniedException"), times=None)
GOOD = {"LESSON_KEY_ID": "K2EXAMPLE", "LESSON_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----"}


@pytest.fixture
def secret(emulator: AwsEmulator) -> SigningKeySecret:
    """A secret that is there, read by a clock that stands still."""
    client: Any = Clients(emulator.url)("secretsmanager")
    name = next(NAMES)
    client.create_secret(Name=name, SecretString=json.dumps(GOOD))
    return SigningKeySecret(client=lambda: client, name=name, clock=MemoryClock())


def _put(secret: SigningKeySecret, text: str) -> None:
    secret.client().put_secret_value(SecretId=secret.name, SecretString=text)


def test_a_key_is_read_and_remembered(secret: SigningKeySecret) -> None:
    """For five minutes; then a new one is found without a deployment."""
    assert secret.read() == ("K2EXAMPLE", GOOD["LESSON_PRIVATE_KEY"])
    _put(secret, json.dumps(GOOD | {"LESSON_KEY_ID": "K3EXAMPLE"}))
    assert secret.read()[0] == "K2EXAMPLE"
    assert isinstance(secret.clock, MemoryClock)
    secret.clock.advance(timedelta(minutes=5))
    assert secret.read()[0] == "K3EXAMPLE"


def test_a_known_key_outlives_an_outage(secret: SigningKeySecret, emulator: AwsEmulator) -> None:
    """Lessons go on; without a known key there is nothing to sign with."""
    secret.read()
    assert isinstance(secret.clock, MemoryClock)
    secret.clock.advance(timedelta(hours=1))
    emulator.faults.add(DOWN)
    try:
        assert secret.read()[0] == "K2EXAMPLE"
        fresh = SigningKeySecret(client=secret.client, name=secret.name, clock=secret.clock)
        with pytest.raises(SecretsUnavailable):
            fresh.read()
    finally:
        emulator.faults.clear()


@pytest.mark.parametrize(
    "text", ["no object", "{}", json.dumps(GOOD | {"LESSON_KEY_ID": ""}), json.dumps({**GOOD, "LESSON_PRIVATE_KEY": 1})]
)
def test_a_secret_without_a_key_is_refused(secret: SigningKeySecret, text: str) -> None:
    """The sentence names the secret and what it lacks, and quotes nothing of it."""
    _put(secret, text)
    with pytest.raises(SecretsUnavailable, match=secret.name) as refused:
        secret.read()
    assert "BEGIN" not in str(refused.value)
