"""The Stripe gateway over the emulator, on a clock that stands still until it is moved."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Self

import stripe
from attrs import define, field

from adapters.memory.clock import MemoryClock
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.stripe.payment_gateway import StripeGateway
from adapters.stripe.transport import BoundedClient
from domain.payments.session import PaymentSession
from domain.ports.secret_store import ProviderSecrets
from scripts.stripe_emulator import StripeEmulator
from tests.support.factories import NOW, PRICE, a_session
from tests.support.stripe.sdk_requests import Exchange, RecordingClient

SECRETS = ProviderSecrets(secret_key="sk_test_rig", publishable_key="pk_test_rig", webhook_secrets=("whsec_rig",))
PATIENT = (10.0, 60.0)  # seconds to connect and to answer: a busy machine is no silence
IMPATIENT = (2.0, 1.5)  # for calls that are held


@define(eq=False)
class StripeRig:
    """An emulator with one price, and a gateway that talks to it."""

    clock: MemoryClock = field(factory=lambda: MemoryClock(NOW), init=False)
    telemetry: MemoryTelemetry = field(factory=MemoryTelemetry, init=False)
    emulator: StripeEmulator = field(init=False)
    secrets: MemorySecretStore = field(init=False)
    gateway: StripeGateway = field(init=False)
    _wires: list[BoundedClient] = field(factory=list, init=False)

    def __enter__(self) -> Self:
        self.emulator = StripeEmulator(
            secret_key=SECRETS.secret_key, webhook_secret="whsec_rig", clock=lambda: self.clock.now().timestamp()
        ).start()
        self.emulator.catalog(
            product_id="prod_1", price_id="price_1", name="AWS Cloud Mastery", unit_amount=PRICE.amount
        )
        self.secrets = MemorySecretStore(self.clock, {"stripe": SECRETS})
        self.gateway = self.another_gateway()
        return self

    def __exit__(self, *_: object) -> None:
        for wire in self._wires:
            wire.close()
        self.emulator.stop()

    @property
    def exchanges(self) -> list[Exchange]:
        """Every answered request of every gateway, in order for each."""
        recorded = [wire for wire in self._wires if isinstance(wire, RecordingClient)]
        return [exchange for wire in recorded for exchange in wire.exchanges]

    def another_gateway(self, **changes: Any) -> StripeGateway:
        """A gateway as another process would have it."""
        given: dict[str, Any] = {
            "secrets": self.secrets,
            "clock": self.clock,
            "telemetry": self.telemetry,
            "stage": "test",
            "api_base": self.emulator.url,
            "timeout": PATIENT,
            "transport": self._wire,
        }
        return StripeGateway(**(given | changes))

    def fails(self, mode: str, path: str = "/v1/checkout/sessions", times: int = 1, **more: Any) -> None:
        """Let the next calls of the path fail in this way; see the emulator's faults."""
        self.emulator.faults.set({"api": {"mode": mode, "path": path, "times": times, **more}})

    def advance(self, **time: float) -> None:
        """Let time pass, for us and for Stripe."""
        self.clock.advance(timedelta(**time))
        self.emulator.advance(0)

    def session(self, **changes: Any) -> PaymentSession:
        """A payment session whose amounts fit the price in the emulator's catalogue."""
        return a_session(**changes)

    def signed(self, event: dict[str, Any], secret: str = "whsec_rig") -> tuple[bytes, dict[str, str]]:
        """An event as the webhook gets it."""
        body = json.dumps(event)
        at = int(self.clock.now().timestamp())
        header = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=at)
        return body.encode(), {"stripe-signature": header, "content-type": "application/json; charset=utf-8"}

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The events of that type that Stripe has made, oldest first."""
        return [event for event in self.emulator.account.events.values() if event["type"] == kind]

    def unchecked_transport(self, timeout: tuple[float, float]) -> BoundedClient:
        """A transport that does not hold answers against Stripe's description."""
        wire = BoundedClient(timeout)
        self._wires.append(wire)
        return wire

    def _wire(self, timeout: tuple[float, float]) -> RecordingClient:
        wire = RecordingClient(timeout)
        self._wires.append(wire)
        return wire
