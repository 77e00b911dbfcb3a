"""The queue's worker delivers as Lambda does: messages are deleted, retried, or become dead letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.aws_emulator.faults import SERVICE_UNAVAILABLE, Fault
from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import Account, Clients
from scripts.stack.worker import QueuePump, Schedule
from tests.support.stack import small_app
from tests.support.waiting import until

Start = Callable[[Callable[[dict[str, Any], Any], Any]], QueuePump]


@pytest.fixture
def pumping(clients: Clients, account: Account) -> Iterator[Start]:
    """Makes a pump that works until the test ends; failed messages come back at once."""
    pumps: list[QueuePump] = []

    def start(handler: Callable[[dict[str, Any], Any], Any]) -> QueuePump:
        pump = QueuePump(clients("sqs"), account.queue_url, handler, redeliver_after=0)
        pump.start()
        pumps.append(pump)
        return pump

    yield start
    for pump in pumps:
        pump.drain()
        pump.stop()


@pytest.fixture
def send(clients: Clients, account: Account) -> Callable[[str], None]:
    """Puts a message into the queue."""
    sqs = clients("sqs")
    return lambda body: sqs.send_message(QueueUrl=account.queue_url, MessageBody=body)


def test_a_message_is_handled_once_and_deleted(pumping: Start, send: Callable[[str], None]) -> None:
    """The handler gets one record in Lambda's shape; when it returns, the queue is empty."""
    events: list[dict[str, Any]] = []
    pump = pumping(lambda event, _: events.append(event))
    send("hello")
    pump.drain()
    assert [event["Records"][0]["body"] for event in events] == ["hello"]
    assert events[0]["Records"][0]["eventSource"] == "aws:sqs"
    assert events[0]["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1"


def test_a_poison_message_becomes_a_dead_letter_after_five_receives(
    pumping: Start, send: Callable[[str], None], clients: Clients, account: Account
) -> None:
    """A message that always fails is received five times and then is a dead letter; others are handled."""
    app = small_app.build()
    tried: list[str] = []

    def handler(event: dict[str, Any], context: Any) -> None:
        tried.append(event["Records"][0]["body"])
        app.handler_map["worker"](event, context)

    pump = pumping(handler)
    send("poison")
    send("valid")
    pump.drain()
    assert sorted(tried) == [*["poison"] * 5, "valid"]
    dead = clients("sqs").receive_message(QueueUrl=account.dead_letter_url)["Messages"]
    assert [message["Body"] for message in dead] == ["poison"]


def waiting(clients: Clients, account: Account) -> int:
    """How many messages are visible in the queue."""
    names = ["ApproximateNumberOfMessages"]
    answer = clients("sqs").get_queue_attributes(QueueUrl=account.queue_url, AttributeNames=names)
    return int(answer["Attributes"][names[0]])


def test_a_paused_pump_leaves_messages_alone(
    pumping: Start, send: Callable[[str], None], clients: Clients, account: Account
) -> None:
    """While paused nothing is handled; after resume everything is."""
    seen: list[str] = []
    pump = pumping(lambda event, _: seen.append(event["Records"][0]["body"]))
    send("before")
    until(lambda: seen == ["before"])
    pump.pause()
    send("after")
    assert waiting(clients, account) == 1
    pump.resume()
    until(lambda: seen == ["before", "after"])


def test_a_queue_that_fails_is_polled_again(aws: AwsEmulator, pumping: Start, send: Callable[[str], None]) -> None:
    """An outage of the queue does not stop the worker."""
    seen: list[str] = []
    aws.faults.add(Fault(operation="sqs:ReceiveMessage", error=SERVICE_UNAVAILABLE, times=6))
    pumping(lambda event, _: seen.append(event["Records"][0]["body"]))
    send("later")
    until(lambda: seen == ["later"], deadline=60)


def test_a_schedule_calls_its_handler_with_lambdas_event() -> None:
    """Fired by hand, a scheduled handler sees an event of the scheduler; its rate is read in seconds."""
    app = small_app.build()
    schedule = Schedule("sweep", "rate(5 minutes)", app.handler_map["sweep"])
    assert schedule.fire() == "swept aws.events"
    assert schedule.seconds == 300
    assert Schedule("nightly", "cron(0 3 * * ? *)", app.handler_map["sweep"]).seconds is None
