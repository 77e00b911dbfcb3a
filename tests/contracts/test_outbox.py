"""The outbox: messages are stored with what they tell, had by one worker at a time, and forgotten once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from domain.enrollments import Enrollment
from domain.messages import LEASE, Message, MessageKind
from domain.transactions.conflicts import AlreadyEnrolled
from domain.transactions.writes import AddEnrollment, AddMessage
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, an_enrollment
from tests.support.messages import a_message

SECOND = timedelta(seconds=1)
LATER = NOW + LEASE
FULL = a_message(
    message_id="ps_2.refund-1.made",
    kind=MessageKind.REFUND_MADE,
    discount=100,
    delayed=True,
    access_ended=True,
    held_until=LATER,
    respond_by=LATER + SECOND,
    reason="asked_for",
    attempts=3,
    delivered=("events",),
)
BARE = a_message(amount=None, enrolled_at=None, payment_session_id="")


def waiting(storage: Backend) -> list[Message]:
    """What is due."""
    return list(storage.outbox.due(before=NOW + SECOND, at_most=99))


@pytest.mark.parametrize("message", [a_message(), FULL, BARE])
def test_a_message_is_read_as_it_was_stored(storage: Backend, message: Message) -> None:
    """Every field."""
    storage.commit(AddMessage(message))
    assert waiting(storage) == [message]


def test_messages_come_in_the_order_of_being_due(storage: Backend) -> None:
    """Those that are not due yet are left out."""
    messages = [a_message(message_id=f"ps_{n}.enrolled", due_at=NOW - n * SECOND) for n in range(30)]
    for message in [*messages, a_message(message_id="later", due_at=NOW + SECOND)]:
        storage.commit(AddMessage(message))
    assert waiting(storage) == messages[::-1]
    first = storage.outbox.due(before=NOW + SECOND, at_most=2)
    assert first[0] == messages[-1]


def test_there_is_no_message_about_what_was_not_written(storage: Backend) -> None:
    """The message is of the same transaction: refused with it."""
    enrollment: Enrollment = an_enrollment()
    storage.commit(AddEnrollment(enrollment))
    [conflict] = storage.conflicts(AddEnrollment(enrollment), AddMessage(a_message()))
    assert isinstance(conflict, AlreadyEnrolled)
    assert waiting(storage) == []


def test_one_worker_has_a_message_until_its_lease_ends(storage: Backend) -> None:
    """Then another one may have it; each attempt is counted."""
    storage.commit(AddMessage(a_message()))
    claimed = storage.outbox.claim(a_message(), now=NOW, until=LATER)
    assert claimed == a_message(attempts=1)
    assert storage.outbox.claim(a_message(), now=NOW + SECOND, until=LATER + SECOND) is None
    [found] = waiting(storage)
    again = storage.outbox.claim(found, now=LATER, until=LATER + LEASE)
    assert again == a_message(attempts=2)


def test_a_message_that_is_gone_cannot_be_had(storage: Backend) -> None:
    """Nor moved, nor brought back by keeping what was delivered."""
    storage.commit(AddMessage(a_message()))
    storage.outbox.delete(a_message())
    storage.outbox.delete(a_message())
    assert storage.outbox.claim(a_message(), now=NOW, until=LATER) is None
    storage.outbox.keep_progress(a_message(delivered=("events",)))
    storage.outbox.postpone(a_message(), a_message(due_at=NOW - SECOND))
    storage.outbox.lay_aside(a_message())
    assert waiting(storage) == []
    assert storage.outbox.laid_aside(at_most=9) == ()


def test_what_was_delivered_is_kept(storage: Backend) -> None:
    """For whoever delivers the rest."""
    storage.commit(AddMessage(a_message()))
    claimed = storage.outbox.claim(a_message(), now=NOW, until=LATER)
    assert claimed is not None
    storage.outbox.keep_progress(claimed.delivered_by("events"))
    assert waiting(storage) == [a_message(attempts=1, delivered=("events",))]


def test_a_postponed_message_stands_behind_the_others(storage: Backend) -> None:
    """Without a lease; once."""
    storage.commit(AddMessage(a_message(due_at=NOW - LEASE)))
    claimed = storage.outbox.claim(a_message(due_at=NOW - LEASE), now=NOW - LEASE, until=LATER)
    assert claimed is not None
    later = evolve(claimed, due_at=NOW)
    storage.outbox.postpone(claimed, later)
    storage.outbox.postpone(claimed, evolve(claimed, due_at=NOW - SECOND))
    assert waiting(storage) == [later]
    assert storage.outbox.claim(later, now=NOW, until=LATER) == evolve(later, attempts=2)


def test_a_message_is_laid_aside_for_a_person(storage: Backend) -> None:
    """Who lets it be tried anew, or drops it."""
    for message_id in ("b", "a"):
        message = a_message(message_id=message_id, attempts=40)
        storage.commit(AddMessage(message))
        storage.outbox.lay_aside(message)
    assert waiting(storage) == []
    first, second = storage.outbox.laid_aside(at_most=9)
    assert (first.message_id, second.message_id) == ("a", "b")
    assert storage.outbox.laid_aside(at_most=1) == (first,)
    storage.outbox.retry(first, NOW - SECOND)
    storage.outbox.retry(first, NOW)
    storage.outbox.drop(second)
    assert storage.outbox.laid_aside(at_most=9) == ()
    [again] = waiting(storage)
    assert (again.message_id, again.attempts, again.due_at) == ("a", 0, NOW - SECOND)
