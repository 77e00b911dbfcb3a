"""The handler of the queue: events of a provider that could not be processed when they arrived."""

from __future__ import annotations

from collections.abc import Callable

from chalice.app import SQSEvent
from punq import Container

from adapters import deadline


def make_settle_queued_event(container: Container) -> Callable[[SQSEvent], None]:
    """The handler of the queue. If it raises, SQS delivers the message again, and in the end dead-letters it."""

    def settle_queued_event(event: SQSEvent) -> None:
        from adapters.event_codec import decode
        from domain.services.process_event import ProcessEvent

        process = container.resolve(ProcessEvent)
        with deadline.of_invocation(event.context):
            for record in event:
                process(decode(record.body))

    return settle_queued_event
