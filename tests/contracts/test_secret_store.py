"""What every store of keys must be, over memory and Secrets Manager; and how the latter outlives an outage."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.memory.clock import MemoryClock
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.secrets_manager.secret_store import SecretsManagerStore
from domain.errors import SecretsUnavailable
from domain.ports.secret_store import ProviderSecrets, SecretStore
from domain.ports.telemetry import Signal
from scripts.aws_emulator.faults import AwsError, Fault
from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import Clients

NAMES = iter(f"learnermax/stripe-{number}" for number in range(1000))
READ = "secretsmanager:GetSecretValue"
DOWN = Fault(operation="secretsmanager:*", error=AwsError(400, "AccessDeniedException"), times=None)


class Vault(ABC):
    """A store, and somebody who lays keys down in it."""

    store: SecretStore
    clock: MemoryClock

    @abstractmethod
    def lay_down(self, webhook_secret: str) -> None:
        """Replace the keys by ones with this webhook secret."""


class MemoryVault(Vault):
    """Keys in a dictionary."""

    def __init__(self) -> None:
        self.clock = MemoryClock()
        self.store = self.memory = MemorySecretStore(self.clock)

    def lay_down(self, webhook_secret: str) -> None:
        """Replace the keys."""
        self.memory.current["stripe"] = ProviderSecrets(
            secret_key="sk_test_1", publishable_key="pk_test_1", webhook_secrets=(webhook_secret,)
        )


class AwsVault(Vault):
    """Keys in the emulated Secrets Manager."""

    def __init__(self, aws: AwsEmulator) -> None:
        self.aws = aws
        self.client: Any = Clients(aws.url)("secretsmanager")
        self.name = next(NAMES)
        # The ages of versions are AWS's, and so by the real clock.
        self.clock = MemoryClock(datetime.now(UTC))
        self.telemetry = MemoryTelemetry()
        self.store = SecretsManagerStore(
            client=lambda: self.client, names={"stripe": self.name}, clock=self.clock, telemetry=self.telemetry
        )

    def lay_down(self, webhook_secret: str, **changes: object) -> None:
        """Put a new version there."""
        keys = {
            "STRIPE_SECRET_KEY": "sk_test_1",
            "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
            "STRIPE_WEBHOOK_SECRET": webhook_secret,
        }
        self.put(json.dumps(keys | changes))

    def put(self, text: str) -> None:
        """Put any text there."""
        try:
            self.client.put_secret_value(SecretId=self.name, SecretString=text)
        except self.client.exceptions.ResourceNotFoundException:
            self.client.create_secret(Name=self.name, SecretString=text)

    def reads(self) -> int:
        """How often Secrets Manager was asked, since the last time this was."""
        count = self.aws.faults.calls().count(READ)
        self.aws.faults.forget()
        return count


class SecretStoreContract:
    """The facts that gateways rely on. Subclasses give the ``vault`` fixture."""

    def test_keys_are_read(self, vault: Vault) -> None:
        """What was laid down is handed out."""
        vault.lay_down("whsec_1")
        secrets = vault.store.secrets("stripe")
        assert (secrets.secret_key, secrets.publishable_key) == ("sk_test_1", "pk_test_1")
        assert secrets.webhook_secrets == ("whsec_1",)

    def test_keys_do_not_show(self, vault: Vault) -> None:
        """Nothing that prints the value prints a key."""
        vault.lay_down("whsec_1")
        assert "_1" not in repr(vault.store.secrets("stripe"))

    def test_keys_are_remembered(self, vault: Vault) -> None:
        """A change a moment ago is not seen yet."""
        vault.lay_down("whsec_1")
        before = vault.store.secrets("stripe")
        vault.lay_down("whsec_2")
        assert vault.store.secrets("stripe") == before

    def test_keys_are_read_anew_when_asked_to_but_once_a_minute(self, vault: Vault) -> None:
        """Strangers with bad signatures cannot make us read at their pace."""
        vault.lay_down("whsec_1")
        vault.store.secrets("stripe")
        vault.lay_down("whsec_2")
        assert vault.store.refreshed("stripe").webhook_secrets[0] == "whsec_1"
        vault.clock.advance(timedelta(seconds=61))
        assert vault.store.refreshed("stripe").webhook_secrets[0] == "whsec_2"
        assert vault.store.secrets("stripe").webhook_secrets[0] == "whsec_2"

    def test_a_provider_without_keys_is_unavailable(self, vault: Vault) -> None:
        """Nobody's keys are nobody's."""
        with pytest.raises(SecretsUnavailable):
            vault.store.secrets("nobody")


class TestMemoryStore(SecretStoreContract):
    """A dictionary."""

    @pytest.fixture
    def vault(self) -> Vault:
        """An empty one."""
        return MemoryVault()


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsEmulator]:
    """An emulated AWS."""
    with AwsEmulator() as running:
        yield running


@pytest.fixture
def vault(aws: AwsEmulator) -> Iterator[AwsVault]:
    """A secret of its own, and good weather."""
    aws.faults.forget()
    yield AwsVault(aws)
    aws.faults.clear()


class TestSecretsManagerStore(SecretStoreContract):
    """Secrets Manager, emulated."""

    @pytest.fixture
    def vault(self, aws: AwsEmulator) -> Iterator[AwsVault]:
        """A secret of its own."""
        yield AwsVault(aws)
        aws.faults.clear()


def test_keys_are_read_again_after_five_minutes(vault: AwsVault) -> None:
    """Until then nobody is asked; then a replaced key is found without anybody's help."""
    vault.lay_down("whsec_1")
    vault.store.secrets("stripe")
    vault.lay_down("whsec_2")
    vault.reads()
    vault.clock.advance(timedelta(minutes=4, seconds=59))
    assert vault.store.secrets("stripe").webhook_secrets == ("whsec_1",)
    assert vault.reads() == 0
    vault.clock.advance(timedelta(seconds=1))
    assert vault.store.secrets("stripe").webhook_secrets[0] == "whsec_2"


def test_fault_10_the_webhook_secret_before_is_accepted_for_a_day(vault: AwsVault) -> None:
    """During a rotation both are good, the current one first; a day later the old one is worth nothing any more."""
    vault.lay_down("whsec_1")
    vault.lay_down("whsec_2")
    assert vault.store.secrets("stripe").webhook_secrets == ("whsec_2", "whsec_1")
    vault.clock.advance(timedelta(hours=26))
    assert vault.store.secrets("stripe").webhook_secrets == ("whsec_2",)


def test_a_new_version_with_the_same_webhook_secret_has_one(vault: AwsVault) -> None:
    """Another key was replaced, not this one."""
    vault.lay_down("whsec_1")
    vault.lay_down("whsec_1", STRIPE_SECRET_KEY="sk_test_2")
    assert vault.store.secrets("stripe").webhook_secrets == ("whsec_1",)


@pytest.mark.parametrize("previous", ["not json", "{}", '{"STRIPE_WEBHOOK_SECRET": " "}'])
def test_a_previous_version_that_is_useless_harms_nothing(vault: AwsVault, previous: str) -> None:
    """The first version was mistyped; the second is good."""
    vault.put(previous)
    vault.lay_down("whsec_2")
    assert vault.store.secrets("stripe").webhook_secrets == ("whsec_2",)


def test_values_are_stripped(vault: AwsVault) -> None:
    """Copying adds blanks and newlines, which no key has."""
    vault.lay_down(" whsec_1\n", STRIPE_SECRET_KEY="sk_test_1\n")
    secrets = vault.store.secrets("stripe")
    assert (secrets.secret_key, secrets.webhook_secrets) == ("sk_test_1", ("whsec_1",))


@pytest.mark.parametrize("key", ["STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"])
@pytest.mark.parametrize("value", ["", " \n", None, 7])
def test_fault_09_a_blank_key_is_refused_by_its_name(vault: AwsVault, key: str, value: object) -> None:
    """An empty webhook secret would let everybody sign; the sentence says which key to mend and quotes none."""
    vault.lay_down("whsec_hush", **{key: value})
    with pytest.raises(SecretsUnavailable, match=key) as refused:
        vault.store.secrets("stripe")
    assert "hush" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_secret_that_is_no_json_object_is_refused_without_being_quoted(vault: AwsVault) -> None:
    """Somebody stored the bare key."""
    vault.put("sk_live_hush")
    with pytest.raises(SecretsUnavailable, match="not a JSON object") as refused:
        vault.store.secrets("stripe")
    assert "hush" not in str(refused.value)


def test_fault_93_remembered_keys_outlive_an_outage_by_a_day(vault: AwsVault) -> None:
    """Payments go on and operations hear of it; after a day nobody may vouch for the keys any more."""
    vault.lay_down("whsec_1")
    before = vault.store.secrets("stripe")
    vault.aws.faults.add(DOWN)
    for passed in (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=22)):
        vault.clock.advance(passed)
        assert vault.store.secrets("stripe") == before
    assert vault.telemetry.count(Signal.SECRETS_STALE) == 3
    vault.clock.advance(timedelta(hours=1))
    with pytest.raises(SecretsUnavailable):
        vault.store.secrets("stripe")


def test_fault_93_a_day_is_a_day_even_a_moment_after_asking(vault: AwsVault) -> None:
    """That somebody asked half a minute ago does not make keys last longer."""
    vault.lay_down("whsec_1")
    vault.store.secrets("stripe")
    vault.aws.faults.add(DOWN)
    vault.clock.advance(timedelta(hours=24, minutes=4, seconds=30))
    vault.store.secrets("stripe")
    vault.clock.advance(timedelta(seconds=30))
    for ask in (vault.store.secrets, vault.store.refreshed):
        with pytest.raises(SecretsUnavailable):
            ask("stripe")


def test_fault_93_without_remembered_keys_an_outage_is_said(vault: AwsVault) -> None:
    """A cold start during the outage has nothing to fall back on; Stripe sends its events again."""
    vault.lay_down("whsec_1")
    vault.aws.faults.add(DOWN)
    with pytest.raises(SecretsUnavailable):
        vault.store.secrets("stripe")
    vault.aws.faults.clear()
    assert vault.store.secrets("stripe").webhook_secrets == ("whsec_1",)


def test_an_outage_is_felt_once_a_minute_and_not_by_every_request(vault: AwsVault) -> None:
    """Every attempt waits for a silence; the others do not wait with it."""
    vault.lay_down("whsec_1")
    vault.store.secrets("stripe")
    vault.aws.faults.add(DOWN)
    vault.clock.advance(timedelta(minutes=6))
    vault.reads()
    for _ in range(5):
        vault.store.secrets("stripe")
        vault.store.refreshed("stripe")
    assert vault.reads() == 1


def test_a_version_that_is_mistyped_does_not_stop_what_works(vault: AwsVault) -> None:
    """The keys that were good a moment ago serve on, and operations hear why."""
    vault.lay_down("whsec_1")
    before = vault.store.secrets("stripe")
    vault.put("{")
    vault.clock.advance(timedelta(minutes=6))
    assert vault.store.secrets("stripe") == before
    assert [emitted.reason for emitted in vault.telemetry.emitted] == ["malformed"]


def test_many_threads_read_once(vault: AwsVault) -> None:
    """Whoever comes while the keys are being read waits for them."""
    vault.lay_down("whsec_1")
    vault.reads()
    threads = [threading.Thread(target=vault.store.secrets, args=("stripe",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert vault.reads() == 2  # the current version and the one before
