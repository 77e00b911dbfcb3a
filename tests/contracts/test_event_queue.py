"""What every event queue must do, over memory and SQS; and what leaves us by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve, frozen

from adapters.event_codec import decode
from adapters.memory.event_queue import MemoryEventQueue
from adapters.sqs.event_queue import SqsEventQueue
from domain.errors import QueueUnavailable
from domain.payments.events import ProviderEvent
from domain.ports.event_queue import EventQueue
from scripts.aws_emulator.faults import AwsError, Fault
from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import Clients
from tests.support.factories import a_session, expired, paid, pending

NAMES = iter(f"news-{number}" for number in range(1000))


@frozen
class Queue:
    """A queue, and whatever took events out of it."""

    queue: EventQueue
    take: Callable[[], list[ProviderEvent]]


class EventQueueContract:
    """The facts that receiving events relies on. Subclasses give the ``kept`` fixture."""

    def test_what_is_sent_is_kept_as_it_was(self, kept: Queue) -> None:
        """Every kind of event comes out as it went in."""
        session = a_session()
        sent = [paid(session), expired(session), pending(session), evolve(paid(session), amount=None)]
        for event in sent:
            kept.queue.send(event)
        taken = kept.take()
        assert sorted(map(repr, taken)) == sorted(map(repr, sent))

    def test_sending_twice_keeps_it_at_least_once(self, kept: Queue) -> None:
        """A repetition is harmless: settling twice is settling once."""
        event = paid(a_session())
        kept.queue.send(event)
        kept.queue.send(event)
        assert set(kept.take()) == {event}


class TestMemoryQueue(EventQueueContract):
    """A list."""

    @pytest.fixture
    def kept(self) -> Queue:
        """An empty list."""
        queue = MemoryEventQueue()
        return Queue(queue, lambda: list(queue.take()))


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsEmulator]:
    """An emulated AWS."""
    with AwsEmulator() as running:
        yield running


@pytest.fixture
def sqs(aws: AwsEmulator) -> Iterator[Any]:
    """A client of SQS."""
    yield Clients(aws.url)("sqs")
    aws.faults.clear()


@pytest.fixture
def name(sqs: Any) -> str:
    """A queue of this name exists."""
    name = next(NAMES)
    sqs.create_queue(QueueName=name)
    return name


def bodies(sqs: Any, name: str) -> list[str]:
    """The texts that wait in the queue."""
    answer = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


class TestSqsQueue(EventQueueContract):
    """SQS, emulated."""

    @pytest.fixture
    def kept(self, sqs: Any, name: str) -> Queue:
        """An empty queue."""
        return Queue(SqsEventQueue(lambda: sqs, name), lambda: [decode(body) for body in bodies(sqs, name)])


def test_nothing_personal_waits_in_the_queue(sqs: Any, name: str) -> None:
    """Ids, types, amount, currency and mode: these names and no others."""
    SqsEventQueue(lambda: sqs, name).send(paid(a_session()))
    [body] = bodies(sqs, name)
    assert json.loads(body).keys() == {
        "version",
        "news",
        "provider",
        "event_id",
        "event_type",
        "user_id",
        "course_id",
        "payment_session_id",
        "provider_session_id",
        "reference",
        "livemode",
        "amount",
        "provider_payment_id",
        "customer_id",
    }


def test_the_address_of_the_queue_is_asked_for_once(aws: AwsEmulator, sqs: Any, name: str) -> None:
    """A second message costs one call."""
    queue = SqsEventQueue(lambda: sqs, name)
    queue.send(paid(a_session()))
    aws.faults.forget()
    queue.send(paid(a_session()))
    assert aws.faults.calls() == ["sqs:SendMessage"]


def test_fault_89_a_queue_that_does_not_answer_is_said_to_be_so(aws: AwsEmulator, sqs: Any, name: str) -> None:
    """Only then the provider may get a failure, so that it sends the event again."""
    with pytest.raises(QueueUnavailable):
        SqsEventQueue(lambda: sqs, "no-such-queue").send(paid(a_session()))
    queue = SqsEventQueue(lambda: sqs, name)
    aws.faults.add(Fault(operation="sqs:SendMessage", error=AwsError(403, "AccessDenied")))
    with pytest.raises(QueueUnavailable):
        queue.send(paid(a_session()))
    queue.send(paid(a_session()))
    assert len(bodies(sqs, name)) == 1
