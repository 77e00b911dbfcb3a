"""The handler of the queue: payment events that could not be settled when they arrived."""

from __future__ import annotations

from collections.abc import Callable

from chalice.app import SQSEvent
from punq import Container

from adapters.event_codec import decode
from domain.services.settle_payment import SettlePayment


def make_settle_queued_event(container: Container) -> Callable[[SQSEvent], None]:
    """The handler of the queue. If it raises, SQS delivers the message again, and in the end dead-letters it."""

    def settle_queued_event(event: SQSEvent) -> None:
        settle = container.resolve(SettlePayment)
        for record in event:
            settle(decode(record.body))

    return settle_queued_event
