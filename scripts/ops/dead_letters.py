"""The dead-letter queue: news that could not be settled in five attempts, looked at without losing any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from adapters.event_codec import decode
from domain.errors import DomainError, MalformedEvent
from domain.payment_decisions import Decision, decide
from domain.payments.events import PaymentEvent
from domain.payments.states import Transition
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.settle_payment import SettlePayment
from scripts.ops.aws import Aws
from scripts.ops.views import Row

HIDDEN = 120
"""Seconds a message that is looked at is hidden from others; what is kept is made visible again at the end."""

_BATCH = 10


@frozen(kw_only=True)
class DeadLetter:
    """One message. ``event`` is None where nobody can read it."""

    message_id: str
    receipt: str
    sent: int
    attempts: int
    event: PaymentEvent | None

    def row(self, effect: str) -> Row:
        """The message for a person: ids and types, no body."""
        event = self.event
        return {
            "message": self.message_id,
            "effect": effect,
            "news": type(event).__name__ if event else "unreadable",
            "event": event.event_id if event else None,
            "session": event.payment_session_id if event else None,
            "user": event.user_id if event else None,
            "attempts": self.attempts,
        }


@frozen
class DeadLetters:
    """The queue of this name. ``wait``: seconds to wait for a message before there is none."""

    aws: Aws
    queue: str
    wait: int = 2

    def count(self) -> int:
        """About how many there are."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def batches(self, at_most: int) -> Iterator[list[DeadLetter]]:
        """The messages, some at a time, hidden from others meanwhile. Each has to be deleted or kept."""
        seen = set[str]()
        while len(seen) < at_most:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(_BATCH, at_most - len(seen)),
                VisibilityTimeout=HIDDEN,
                WaitTimeSeconds=self.wait,
                AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            )
            fresh = [each for each in answer.get("Messages", ()) if each["MessageId"] not in seen]
            if not fresh:
                return
            seen |= {each["MessageId"] for each in fresh}
            yield [_letter(each) for each in fresh]

    def delete(self, letter: DeadLetter) -> None:
        """Forget a message that was settled."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)

    def keep(self, letter: DeadLetter) -> None:
        """Let others see it again at once."""
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)

    @property
    def _client(self) -> Any:
        return self.aws("sqs")

    @property
    def _url(self) -> str:
        url: str = self._client.get_queue_url(QueueName=self.queue)["QueueUrl"]
        return url


def foreseen(letter: DeadLetter, sessions: PaymentSessionRepo, clock: Clock) -> str:
    """What replaying the message would do now, without doing it; what would stop it starts with a cross."""
    if letter.event is None:
        return "x unreadable"
    session = sessions.find(letter.event.user_id, letter.event.payment_session_id)
    if session is None:
        return "x payment_session_unknown"
    try:
        decision = decide(session, letter.event, clock.now())
    except DomainError as error:
        return f"x {error.code}"
    return f"{session.status.value} -> {_end(decision)}" if decision.writes else "nothing to do"


def replayed(letter: DeadLetter, settle: SettlePayment) -> str:
    """What replaying the message did.

    Raises:
        DomainError: it cannot be settled, still.
    """
    if letter.event is None:
        raise MalformedEvent
    decision = settle.decide(letter.event)
    return f"settled: {_end(decision)}" if decision.writes else "nothing was to do"


def _end(decision: Decision) -> str:
    # Money may go to review beside a session that stays completed.
    return f"review ({decision.reason})" if decision.transition is Transition.REVIEW else decision.session.status.value


def _letter(message: dict[str, Any]) -> DeadLetter:
    try:
        event = decode(message["Body"])
    except DomainError:
        event = None
    attributes = message.get("Attributes", {})
    return DeadLetter(
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        sent=int(attributes.get("SentTimestamp", 0)),
        attempts=int(attributes.get("ApproximateReceiveCount", 0)),
        event=event,
    )
