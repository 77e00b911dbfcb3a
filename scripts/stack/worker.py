"""Emulates Lambda's event sources: an SQS poller, and schedules."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field
from botocore.exceptions import BotoCoreError, ClientError

from scripts.stack.gateway import LambdaContext

Handler = Callable[[dict[str, Any], LambdaContext], Any]

_LONG_POLL = 1  # seconds
_STOP_TIMEOUT = 5.0  # seconds to wait for a running handler
_RETRY_DELAY = 0.5  # seconds after an error of the queue
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


@define(eq=False)
class QueuePump:
    """Passes messages to a handler one at a time, and deletes those that it handled without an exception.

    A failed message becomes visible again after ``redeliver_after`` seconds (the deployed queue takes minutes); the
    queue's own redrive policy moves it to the dead-letter queue.
    """

    sqs: Any
    queue_url: str
    handler: Handler
    redeliver_after: int = 1
    _running: threading.Event = field(factory=threading.Event, init=False)
    _stopped: threading.Event = field(factory=threading.Event, init=False)
    _polling: threading.Lock = field(factory=threading.Lock, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)

    def start(self) -> None:
        """Poll in a thread until stopped."""
        self.resume()
        self._thread = threading.Thread(target=self._pump, name="queue", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Receive no more messages; returns when the current poll and message are done."""
        self._stopped.set()
        self._running.set()
        if self._thread:
            self._thread.join(_STOP_TIMEOUT)

    def pause(self) -> None:
        """Leave messages in the queue until ``resume``; returns when the current poll is done."""
        self._running.clear()
        with self._polling:
            return

    def resume(self) -> None:
        """Receive messages again."""
        self._running.set()

    def once(self, wait: int = 0) -> int:
        """Receive and handle up to ten messages, with a long poll of ``wait`` seconds; returns their number."""
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, WaitTimeSeconds=wait, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        messages = answer.get("Messages", ())
        for message in messages:
            self._handle(message)
        return len(messages)

    def drain(self, deadline: float = 10.0) -> None:
        """Return when the queue is empty, except for dead letters. Raises TimeoutError after ``deadline`` seconds."""
        until = time.monotonic() + deadline
        while self._waiting():
            if time.monotonic() > until:
                raise TimeoutError("the queue did not become empty")
            self.once()
            self._stopped.wait(0.02)

    def _waiting(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def _pump(self) -> None:
        while not self._stopped.is_set():
            self._running.wait()
            try:
                with self._polling:
                    if self._running.is_set() and not self._stopped.is_set():
                        self.once(_LONG_POLL)
            except (BotoCoreError, ClientError) as error:
                if not self._stopped.wait(_RETRY_DELAY):
                    logging.getLogger(__name__).warning("The queue did not answer: %s", type(error).__name__)

    def _handle(self, message: dict[str, Any]) -> None:
        handle = message["ReceiptHandle"]
        try:
            self.handler({"Records": [_record(message, self.queue_url)]}, LambdaContext(message["MessageId"]))
        except Exception as error:  # noqa: BLE001 - as with Lambda, any exception leaves the message in the queue
            logging.getLogger(__name__).warning("A queued message failed: %s", type(error).__name__)
            self.sqs.change_message_visibility(
                QueueUrl=self.queue_url, ReceiptHandle=handle, VisibilityTimeout=self.redeliver_after
            )
        else:
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=handle)


@define(eq=False)
class Schedule:
    """Calls a handler at the rate of its expression, such as "rate(5 minutes)"; cron expressions only by ``fire``."""

    name: str
    expression: str
    handler: Handler
    _stopped: threading.Event = field(factory=threading.Event, init=False)

    @property
    def seconds(self) -> int | None:
        """Seconds between two calls; None if the expression is not a rate."""
        rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", self.expression)
        return int(rate[1]) * _SECONDS[rate[2]] if rate else None

    def start(self) -> None:
        """Call the handler at its rate in a thread until stopped."""
        if self.seconds:
            threading.Thread(target=self._tick, args=(self.seconds,), name=self.name, daemon=True).start()

    def stop(self) -> None:
        """Stop calling the handler."""
        self._stopped.set()

    def fire(self) -> Any:
        """Call the handler now; returns what it returns, raises what it raises."""
        event = {
            "id": "local",
            "version": "0",
            "account": "123456789012",
            "region": "us-east-1",
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "resources": [f"arn:aws:events:us-east-1:123456789012:rule/{self.name}"],
            "detail": {},
        }
        return self.handler(event, LambdaContext(f"schedule-{self.name}"))

    def _tick(self, seconds: int) -> None:
        while not self._stopped.wait(seconds):
            try:
                self.fire()
            except Exception as error:  # noqa: BLE001 - the next call follows all the same
                logging.getLogger(__name__).warning("%s failed: %s", self.name, type(error).__name__)


def _record(message: dict[str, Any], queue_url: str) -> dict[str, Any]:
    attributes = message.get("Attributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": attributes,
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue_url.rsplit('/', 1)[-1]}",
        "awsRegion": "us-east-1",
    }
