"""The queue of payment events, on SQS."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import define, field

from adapters.aws.errors import failed
from adapters.event_codec import encode
from domain.errors import QueueUnavailable
from domain.payments.events import ProviderEvent
from domain.ports.event_queue import EventQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


@define(eq=False)
class SqsEventQueue(EventQueue):
    """Sends to the queue of this name, whose URL is looked up once. ``client`` returns the same client every time."""

    client: Callable[[], SQSClient]
    name: str
    _url: str = field(default="", init=False)

    def send(self, event: ProviderEvent) -> None:
        """Send the event as JSON, which contains nothing personal."""
        try:
            sqs = self.client()
            self._url = self._url or sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
            sqs.send_message(QueueUrl=self._url, MessageBody=encode(event))
        except failed() as error:
            raise QueueUnavailable from error
