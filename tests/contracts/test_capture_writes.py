"""That a capture begins, ends, and excludes a cancellation: the same conditions in memory and in DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from domain.payments.events import CheckoutApproved, PaymentDeclined
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.transactions.conflicts import AlreadyEnrolled, SessionConflict
from domain.transactions.payments import begin_capture, end_capture, release, reserve
from domain.transactions.writes import AddEnrollment, ChangeCapture, ChangeSession
from tests.support.aws.backends import Backend
from tests.support.factories import PRICE, a_session, an_enrollment, later

_FIELDS: dict[str, Any] = {
    "provider": "paypal",
    "event_id": "WH-1",
    "event_type": "CHECKOUT.ORDER.APPROVED",
    "user_id": "user-1",
    "course_id": "course-1",
    "payment_session_id": "ps_1",
    "provider_session_id": "ORDER1",
    "livemode": False,
}
APPROVED = CheckoutApproved(**_FIELDS, amount=PRICE)
DECLINED = PaymentDeclined(**_FIELDS, decline_code="instrument_declined")


def an_open_session(storage: Backend) -> PaymentSession:
    """A session that is stored, with its lock, and knows its order."""
    session = a_session(provider="paypal", provider_price_id=None)
    opened = session.opened("ORDER1", later(1))
    storage.commit(*reserve(session, None))
    storage.commit(ChangeSession(frozenset({Status.CREATING}), opened))
    return opened


def stored(storage: Backend) -> PaymentSession:
    """The session as it is stored."""
    session = storage.sessions.find("user-1", "ps_1")
    assert session is not None
    return session


def begun(storage: Backend) -> PaymentSession:
    """A session whose capture has begun."""
    session = an_open_session(storage)
    storage.commit(*begin_capture(session, session.capturing(APPROVED, later(2)), APPROVED))
    return stored(storage)


def test_a_capture_that_begins_is_counted_and_due(storage: Backend) -> None:
    """It waits like a slow payment, and the reconciliation finds it."""
    session = begun(storage)
    assert (session.status, session.capture_attempts, session.is_capturing) == (Status.PROCESSING, 1, True)
    assert session.due_at == later(2)


def test_a_capture_begins_once(storage: Backend) -> None:
    """Whoever comes second hears that it has."""
    session = an_open_session(storage)
    writes = begin_capture(session, session.capturing(APPROVED, later(2)), APPROVED)
    storage.commit(*writes)
    [conflict, *_] = storage.conflicts(*writes)
    assert isinstance(conflict, SessionConflict)
    assert conflict.session is not None
    assert conflict.session.is_capturing


def test_a_cancelled_session_is_not_captured(storage: Backend) -> None:
    """Whoever read the session before the student cancelled does not begin."""
    session = an_open_session(storage)
    storage.commit(ChangeSession(frozenset({Status.OPEN}), session.with_cancel_request(later(2))))
    [conflict, *_] = storage.conflicts(*begin_capture(session, session.capturing(APPROVED, later(3)), APPROVED))
    assert isinstance(conflict, SessionConflict)
    assert not stored(storage).is_capturing


def test_a_session_that_is_captured_is_neither_cancelled_nor_released(storage: Backend) -> None:
    """Whoever read it before the capture began cannot give it up."""
    session = an_open_session(storage)
    storage.commit(*begin_capture(session, session.capturing(APPROVED, later(2)), APPROVED))
    cancel = ChangeSession(frozenset({session.status}), session.with_cancel_request(later(3)))
    for writes in ((cancel,), release(session, session.released(Status.EXPIRED, later(3)))):
        [conflict, *_] = storage.conflicts(*writes)
        assert isinstance(conflict, SessionConflict)
    assert stored(storage).is_capturing


def test_who_is_enrolled_already_is_not_charged(storage: Backend) -> None:
    """An administrator let the student in meanwhile."""
    session = an_open_session(storage)
    storage.commit(AddEnrollment(an_enrollment()))
    found = storage.conflicts(*begin_capture(session, session.capturing(APPROVED, later(2)), APPROVED))
    assert any(isinstance(conflict, AlreadyEnrolled) for conflict in found)
    assert stored(storage).status is Status.OPEN


def test_a_declined_capture_opens_the_session_and_keeps_the_count(storage: Backend) -> None:
    """The next one is another attempt."""
    session = begun(storage)
    storage.commit(*end_capture(session, session.reopened(DECLINED, later(3))))
    reopened = stored(storage)
    assert (reopened.status, reopened.capture_attempts, reopened.decline_code) == (
        Status.OPEN,
        1,
        "instrument_declined",
    )
    storage.commit(*begin_capture(reopened, reopened.capturing(APPROVED, later(4)), APPROVED))
    assert stored(storage).capture_attempts == 2


def test_an_old_decline_does_not_end_a_newer_capture(storage: Backend) -> None:
    """It belongs to an attempt that is over."""
    first = begun(storage)
    storage.commit(*end_capture(first, first.reopened(DECLINED, later(3))))
    again = stored(storage)
    storage.commit(*begin_capture(again, again.capturing(APPROVED, later(4)), APPROVED))
    [conflict] = storage.conflicts(*end_capture(first, first.reopened(DECLINED, later(5))))
    assert isinstance(conflict, SessionConflict)
    assert stored(storage).is_capturing


@pytest.mark.parametrize("stale_attempts", [0, 5])
def test_no_other_write_changes_the_count(storage: Backend, stale_attempts: int) -> None:
    """A writer that read the session earlier does not set it back."""
    session = begun(storage)
    storage.commit(ChangeSession(frozenset({Status.PROCESSING}), evolve(session, capture_attempts=stale_attempts)))
    assert stored(storage).capture_attempts == 1


def test_another_orders_capture_does_not_begin(storage: Backend) -> None:
    """A session has one order."""
    session = an_open_session(storage)
    other = evolve(session.capturing(APPROVED, later(2)), provider_session_id="ORDER2")
    [conflict] = storage.conflicts(ChangeCapture(session, other))
    assert isinstance(conflict, SessionConflict)
