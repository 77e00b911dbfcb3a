"""The gateway over Stripe's own stripe-mock. Without one (`--stripe-mock=URL`) there is nothing to collect here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.memory.clock import MemoryClock
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.stripe.payment_gateway import StripeGateway
from domain.ports.secret_store import ProviderSecrets
from tests.support.factories import NOW
from tests.support.stripe.request_log import RequestLog

# stripe-mock takes any key of this form.
_SECRETS = ProviderSecrets(secret_key="sk_test_123", publishable_key="pk_test_123", webhook_secrets=("whsec_1",))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These tests are for one program only."""
    wanted = config.getoption("--stripe-mock") is not None
    return None if wanted or not collection_path.name.startswith("test_") else True


@pytest.fixture
def wire() -> Iterator[RequestLog]:
    """What goes over the wire."""
    client = RequestLog(timeout=(10.0, 60.0))
    yield client
    client.close()


@pytest.fixture
def gateway(request: pytest.FixtureRequest, wire: RequestLog) -> StripeGateway:
    """The product's gateway, its requests overheard."""
    clock = MemoryClock(NOW)
    return StripeGateway(
        secrets=MemorySecretStore(clock, {"stripe": _SECRETS}),
        clock=clock,
        telemetry=MemoryTelemetry(),
        api_base=request.config.getoption("--stripe-mock"),
        transport=lambda _: wire,
    )
