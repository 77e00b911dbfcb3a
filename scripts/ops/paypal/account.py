"""A client of the stage's PayPal app, with the keys that the product itself uses."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from adapters.circuit_breaker import CircuitBreaker
from adapters.paypal.api import HOSTS, PayPalApi, PayPalRefusedError
from adapters.system.clock import SystemClock
from domain.errors import DomainError
from domain.ports.secret_store import ProviderSecrets, SecretStore
from scripts.ops.aws.clients import AwsClients
from scripts.ops.aws.provider_secret import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET, ProviderSecret
from scripts.ops.container import settings_of
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage
from scripts.ops.terminal.telemetry import TerminalTelemetry

NAME = "paypal"
LIVE, SANDBOX = "live", "sandbox"


@frozen
class _TheseKeys(SecretStore):
    keys: ProviderSecrets = field(repr=False)

    def secrets(self, provider: str) -> ProviderSecrets:  # noqa: ARG002 - there is one
        return self.keys

    def refreshed(self, provider: str) -> ProviderSecrets:  # noqa: ARG002 - there is one
        return self.keys


@frozen
class PayPalAccount:
    """The app. ``mode`` is the one that the stage's functions sell in."""

    api: PayPalApi = field(repr=False)
    mode: str

    @classmethod
    def of(cls, stage: Stage, aws: AwsClients) -> PayPalAccount:
        """The app of the stored keys.

        Raises:
            OpsError: the secret has no keys.
        """
        secret = ProviderSecret(stage, aws, NAME)
        entries = secret.read()
        missing = [name for name in map(secret.entry, (SECRET_KEY, PUBLISHABLE_KEY)) if not entries.get(name)]
        if missing:
            raise OpsError(f"The secret {secret.name} has no {' and no '.join(missing)}: keys set --provider paypal.")
        return cls.with_keys(stage, entries)

    @classmethod
    def with_keys(cls, stage: Stage, entries: Mapping[str, object]) -> PayPalAccount:
        """The app of these keys, stored or not."""
        keys = ProviderSecrets(
            secret_key=str(entries[f"PAYPAL_{SECRET_KEY}"]).strip(),
            publishable_key=str(entries[f"PAYPAL_{PUBLISHABLE_KEY}"]).strip(),
            webhook_secrets=(str(entries.get(f"PAYPAL_{WEBHOOK_SECRET}") or ""),),
        )
        clock, mode = SystemClock(), mode_of(stage)
        # Settings refuse an emulator in any stage but local and test.
        base = settings_of(stage).variables_of(NAME).get("API_BASE")
        api = PayPalApi(
            provider=NAME,
            base=base or HOSTS[mode],
            secrets=_TheseKeys(keys),
            clock=clock,
            telemetry=TerminalTelemetry(quiet=True),
            breaker=CircuitBreaker(clock),
        )
        return cls(api, mode)

    def require_taken(self) -> None:
        """Check that PayPal takes the keys.

        Raises:
            OpsError: it does not, or does not answer.
        """
        try:
            self.api.get("/v1/notifications/webhooks")
        except PayPalRefusedError as refused:
            raise OpsError(
                f"PayPal does not take these keys in {self.mode} mode: {refused.issue}. "
                "Live and sandbox have keys of their own."
            ) from None
        except DomainError as error:
            raise OpsError(f"PayPal cannot be asked whether it takes these keys: {error}") from None


def mode_of(stage: Stage) -> str:
    """The mode that the stage's functions sell in.

    Raises:
        OpsError: it is none of PayPal's.
    """
    mode = settings_of(stage).variables_of(NAME).get("MODE", SANDBOX)
    if mode not in HOSTS:
        raise OpsError(f"PAYPAL_MODE is {LIVE} or {SANDBOX}, not {mode!r}.")
    return mode


def mode_problem(stage: Stage) -> str | None:
    """Why this stage may not sell in its mode; None if it may.

    Students of ``prod`` would pay nothing in the sandbox, and anybody who tries something in another stage would pay.
    """
    live = mode_of(stage) == LIVE
    if stage.is_local or stage.is_production == live:
        return None
    if stage.is_production:
        return "PAYPAL_MODE is not live: in prod nobody would pay; set it in the stage's environment_variables"
    return "PAYPAL_MODE is live, which only prod may be; remove it from the stage's environment_variables"
