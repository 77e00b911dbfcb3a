"""What operators need to know of each payment provider: its keys, and which providers a stage has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import click

from adapters.settings import SECRET_NAMES
from scripts.ops.aws.clients import AwsClients
from scripts.ops.aws.provider_secret import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET, ProviderSecret
from scripts.ops.container import settings_of
from scripts.ops.errors import OpsError
from scripts.ops.paypal.account import PayPalAccount
from scripts.ops.paypal.account import mode_of as paypal_mode
from scripts.ops.paypal.account import mode_problem as paypal_mode_problem
from scripts.ops.stage import Stage
from scripts.ops.stripe.secret import mode_problem as stripe_mode_problem

_STRIPE_BEGINNINGS = {"STRIPE_SECRET_KEY": ("sk_", "rk_"), "STRIPE_PUBLISHABLE_KEY": ("pk_",)}


class ProviderKeys(Protocol):
    """The keys of one provider."""

    def mode_of(self, stage: Stage, key: str) -> str:
        """``live`` or ``test``, or the provider's word for it."""
        ...

    def require_right(self, stage: Stage, entries: Mapping[str, str]) -> None:
        """Check the entries before they are stored.

        Raises:
            OpsError: they are no keys, or not for this stage.
        """
        ...

    def problem(self, stage: Stage, entries: Mapping[str, Any]) -> str | None:
        """What is wrong with the stored entries, without asking the provider; None if nothing is."""
        ...


class StripeKeys(ProviderKeys):
    """Stripe's keys say themselves what they are."""

    def mode_of(self, stage: Stage, key: str) -> str:  # noqa: ARG002 - the key says it
        """By the prefix."""
        return "live" if "_live_" in key else "test"

    def require_right(self, stage: Stage, entries: Mapping[str, str]) -> None:
        """Prefixes, one mode, and the mode of the stage."""
        for name, beginnings in _STRIPE_BEGINNINGS.items():
            if not entries.get(name, "").startswith(beginnings):
                raise OpsError(f"{name} begins with {' or '.join(beginnings)}; nothing was stored.")
        modes = {"_live_" in value for value in entries.values()}
        if len(modes) > 1:
            raise OpsError("One of the keys is a live key and the other a test key; nothing was stored.")
        if stripe_mode_problem(stage, live=modes.pop()):
            wrong = "test keys, and prod takes live keys alone" if stage.is_production else "live keys, only for prod"
            raise OpsError(f"Nothing was stored: these are {wrong}.")

    def problem(self, stage: Stage, entries: Mapping[str, Any]) -> str | None:
        """Both keys of one mode, which is the stage's."""
        if ("_live_" in entries["STRIPE_SECRET_KEY"]) != ("_live_" in entries["STRIPE_PUBLISHABLE_KEY"]):
            return "one of Stripe's keys is a live key and the other a test key"
        return stripe_mode_problem(stage, live="_live_" in entries["STRIPE_SECRET_KEY"])


class PayPalKeys(ProviderKeys):
    """PayPal's keys do not say what they are: the stage does, and PayPal whether they are its."""

    def mode_of(self, stage: Stage, key: str) -> str:  # noqa: ARG002 - the key does not say it
        """The mode of the stage."""
        return paypal_mode(stage)

    def require_right(self, stage: Stage, entries: Mapping[str, str]) -> None:
        """PayPal takes them in the mode of the stage."""
        if problem := paypal_mode_problem(stage):
            raise OpsError(f"Nothing was stored: {problem}.")
        missing = [name for name in ("PAYPAL_SECRET_KEY", "PAYPAL_PUBLISHABLE_KEY") if not entries.get(name)]
        if missing:
            raise OpsError(f"{' and '.join(missing)} must be given; nothing was stored.")
        PayPalAccount.with_keys(stage, entries).require_taken()

    def problem(self, stage: Stage, entries: Mapping[str, Any]) -> str | None:  # noqa: ARG002 - they do not say
        """The mode of the stage."""
        return paypal_mode_problem(stage)


KEYS: Mapping[str, ProviderKeys] = {"stripe": StripeKeys(), "paypal": PayPalKeys()}

one_provider = click.option(
    "--provider", type=click.Choice(sorted(SECRET_NAMES)), default="stripe", show_default=True, help="The provider."
)
any_provider = click.option("--provider", type=click.Choice(sorted(SECRET_NAMES)), help="This provider only.")


def chosen_of(names: tuple[str, ...], provider: str | None) -> tuple[str, ...]:
    """The providers that a command is about: the one that was named, else all.

    Raises:
        OpsError: the stage does not have it.
    """
    if provider is None:
        return names
    if provider not in names:
        raise OpsError(f"The stage has {' and '.join(names)}, not {provider}: PAYMENT_PROVIDERS, RETIRED_PROVIDERS.")
    return (provider,)


def providers_of(stage: Stage) -> tuple[str, ...]:
    """The providers that the stage sells through, and those that are retired."""
    settings = settings_of(stage)
    return (*settings.payment_providers, *settings.retired_providers)


def keys_problem(stage: Stage, aws: AwsClients, provider: str) -> str | None:
    """Why the stage cannot be deployed with the keys that are stored; None if it can.

    Raises:
        OpsError: there are none, or they are another stage's.
    """
    secret = ProviderSecret(stage, aws, provider)
    entries = secret.read()
    needed = (SECRET_KEY, PUBLISHABLE_KEY)
    missing = [name for name in map(secret.entry, needed) if not str(entries.get(name) or "").strip()]
    if missing:
        return f"the secret {secret.name} has no {' and no '.join(missing)}"
    if not str(entries.get(secret.entry(WEBHOOK_SECRET)) or "").strip():
        name = "" if provider == "stripe" else f" --provider {provider}"
        return f"the secret {secret.name} has no {secret.entry(WEBHOOK_SECRET)}; run webhook-endpoint ensure{name}"
    if problem := KEYS[provider].problem(stage, entries):
        return problem
    secret.require_own()
    return None


def live_of(stage: Stage, aws: AwsClients, provider: str) -> str:
    """The mode in which the stage sells through the provider."""
    secret = ProviderSecret(stage, aws, provider)
    return KEYS[provider].mode_of(stage, str(secret.read().get(secret.entry(SECRET_KEY))))
