"""The dead-letter queue: payment events that could not be settled in five attempts, read without losing any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from adapters.event_codec import decode
from domain.errors import DomainError
from domain.payments.events import ProviderEvent
from scripts.ops.aws.clients import AwsClients
from scripts.ops.terminal.rows import Row

VISIBILITY_TIMEOUT = 120
"""Seconds a received message is hidden from other readers; a kept message is made visible again at once."""

_BATCH = 10


@frozen(kw_only=True)
class DeadLetter:
    """One message of the dead-letter queue. ``event`` is None if the body cannot be decoded.

    ``received`` is how often SQS has handed it out: to the worker, and since then to whoever looked at it.
    """

    message_id: str
    receipt: str
    sent: int
    received: int
    event: ProviderEvent | None
    body: str = field(default="", repr=False)

    def row(self, effect: str) -> Row:
        """The message as a table row: ids and types, never its body."""
        event = self.event
        return {
            "message": self.message_id,
            "effect": effect,
            "event": type(event).__name__ if event else "unreadable",
            "event_id": event.event_id if event else None,
            "session": event.payment_session_id if event else None,
            "user": event.user_id if event else None,
            "received": self.received,
        }


@frozen
class DeadLetterQueue:
    """The queue of this name. ``wait`` is the long-poll time in seconds."""

    aws: AwsClients
    queue: str
    wait: int = 2

    def count(self) -> int:
        """The approximate number of messages, visible or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def batches(self, at_most: int) -> Iterator[list[DeadLetter]]:
        """Receive up to ``at_most`` messages in batches of ten. The caller deletes or keeps each of them."""
        seen = set[str]()
        while len(seen) < at_most:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(_BATCH, at_most - len(seen)),
                VisibilityTimeout=VISIBILITY_TIMEOUT,
                WaitTimeSeconds=self.wait,
                AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            )
            fresh = [each for each in answer.get("Messages", ()) if each["MessageId"] not in seen]
            if not fresh:
                return
            seen |= {each["MessageId"] for each in fresh}
            yield [_dead_letter(each) for each in fresh]

    def delete(self, letter: DeadLetter) -> None:
        """Delete a message that was settled."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)

    def keep(self, letter: DeadLetter) -> None:
        """Make a received message visible to others again at once."""
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)

    @property
    def _client(self) -> Any:
        return self.aws("sqs")

    @property
    def _url(self) -> str:
        url: str = self._client.get_queue_url(QueueName=self.queue)["QueueUrl"]
        return url


def _dead_letter(message: dict[str, Any]) -> DeadLetter:
    try:
        event = decode(message["Body"])
    except DomainError:
        event = None
    attributes = message.get("Attributes", {})
    return DeadLetter(
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        sent=int(attributes.get("SentTimestamp", 0)),
        received=int(attributes.get("ApproximateReceiveCount", 0)),
        event=event,
        body=message["Body"],
    )
