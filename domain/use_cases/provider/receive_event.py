"""A payment provider calls our webhook."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen

from domain.errors import DomainError, InvalidSignature, MalformedEvent, QueueUnavailable, reason_of
from domain.payments.events import IgnoredEvent, ProviderEvent
from domain.ports.backoff import Backoff, attempts
from domain.ports.event_queue import EventQueue
from domain.ports.payment_gateway import Gateways
from domain.ports.telemetry import Signal, Telemetry
from domain.services.process_event import ProcessEvent

ATTEMPTS = 3


class Receipt(StrEnum):
    """What became of an event."""

    SETTLED = "settled"
    IGNORED = "noted"
    QUEUED = "queued"


@frozen(kw_only=True)
class IntakePolicy:
    """``settles`` is False while operators have stopped settling: then every event waits in the queue."""

    settles: bool = True


@frozen(kw_only=True)
class ReceiveEvent:
    """Verifies, settles, and falls back to the queue, so that the provider's word is never lost.

    Nothing is written, queued or asked for before the signature is proven.
    """

    gateways: Gateways
    process: ProcessEvent
    queue: EventQueue
    backoff: Backoff
    telemetry: Telemetry
    policy: IntakePolicy

    def __call__(self, provider: str, body: bytes, headers: Mapping[str, str]) -> Receipt:
        """Receive a message. Repeating it is harmless.

        Raises:
            ProviderNotFound: no such provider.
            InvalidSignature, MalformedEvent: not an event of the provider's; nothing was done.
            SecretsUnavailable: the signature cannot be checked now.
            QueueUnavailable: it could neither be settled nor queued; the provider must send it again.
        """
        event = self._verified(provider, body, headers)
        self.telemetry.emit(Signal.EVENT_RECEIVED, provider=provider)
        if isinstance(event, IgnoredEvent):
            self.telemetry.emit(
                Signal.EVENT_IGNORED,
                reason=event.reason.value,
                provider=provider,
                event_id=event.event_id,
                event_type=event.event_type,
            )
            return Receipt.IGNORED
        return self._processed(event)

    def _verified(self, provider: str, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | IgnoredEvent:
        gateway = self.gateways.named(provider)
        try:
            return gateway.read_event(body, headers)
        except InvalidSignature:
            self.telemetry.emit(Signal.SIGNATURE_REFUSED, provider=provider)
            raise
        except MalformedEvent:
            self.telemetry.emit(Signal.EVENT_REFUSED, provider=provider)
            raise

    def _processed(self, event: ProviderEvent) -> Receipt:
        if not self.policy.settles:
            return self._queued(event, "paused")
        reason = ""
        for _ in attempts(ATTEMPTS, self.backoff):
            try:
                self.process(event)
            except Exception as error:  # noqa: BLE001 - whatever is wrong here, the event is kept in the queue
                reason = reason_of(error)
                if not (isinstance(error, DomainError) and error.retryable):
                    break
            else:
                return Receipt.SETTLED
        return self._queued(event, reason)

    def _queued(self, event: ProviderEvent, reason: str) -> Receipt:
        try:
            self.queue.send(event)
        except QueueUnavailable:
            self._emit(Signal.EVENT_NOT_KEPT, event, reason)
            raise
        self._emit(Signal.EVENT_QUEUED, event, reason)
        return Receipt.QUEUED

    def _emit(self, signal: Signal, event: ProviderEvent, reason: str) -> None:
        self.telemetry.emit(
            signal,
            reason=reason,
            provider=event.provider,
            event_id=event.event_id,
            event_type=event.event_type,
            payment_session_id=event.payment_session_id or "",
        )
