"""Every day: take in what the provider has on record and we may have missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from attrs import frozen

from domain.errors import reason_of
from domain.payments.events import PaymentEvent
from domain.ports.clock import Clock
from domain.ports.payment_gateway import Gateways
from domain.ports.telemetry import Signal, Telemetry
from domain.services.settle_payment import SettlePayment

UNDELIVERED_SINCE = timedelta(days=3)
COMPLETED_SINCE = timedelta(hours=48)
AT_MOST = 2_000


@frozen(kw_only=True)
class Difference:
    """Something the provider knew and we did not, or could not settle. ``reason`` says what became of it."""

    payment_session_id: str
    reason: str


@frozen(kw_only=True)
class CatchUp:
    """Settles undelivered events and recently completed checkouts once more. Whatever changes is a difference."""

    gateways: Gateways
    settle: SettlePayment
    clock: Clock
    telemetry: Telemetry

    def __call__(self, provider: str) -> tuple[Difference, ...]:
        """What differed. Each difference is settled as far as possible, and recorded.

        Raises:
            ProviderUnavailable: the provider's records cannot be read.
        """
        gateway, now = self.gateways.named(provider), self.clock.now()
        missed = gateway.undelivered_events(since=now - UNDELIVERED_SINCE, at_most=AT_MOST)
        completed = gateway.completed_checkouts(since=now - COMPLETED_SINCE, at_most=AT_MOST)
        return tuple(self._differences((*missed, *completed)))

    def _differences(self, records: Iterable[PaymentEvent]) -> Iterable[Difference]:
        for event in records:
            try:
                decision = self.settle.decide(event)
            except Exception as error:  # noqa: BLE001 - one event must not stop the others
                yield self._difference(event, reason_of(error))
            else:
                if decision.writes:
                    yield self._difference(event, decision.session.status.value)

    def _difference(self, event: PaymentEvent, reason: str) -> Difference:
        self.telemetry.emit(
            Signal.DIFFERENCE_FOUND,
            reason=reason,
            provider=event.provider,
            event_id=event.event_id,
            payment_session_id=event.payment_session_id,
        )
        return Difference(payment_session_id=event.payment_session_id, reason=reason)
