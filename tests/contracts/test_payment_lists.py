"""Lists of payment sessions for the office, in memory and in DynamoDB: complete, in order, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import InvalidValue
from domain.paging import every_page
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.payment_sessions import PaymentQuery
from domain.transactions.writes import AddSession
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, a_coupon, a_session, a_session_with, later

DAY = timedelta(days=1)
EVERYTHING: dict[str, Any] = {"since": NOW - 60 * DAY, "until": NOW + 60 * DAY}


def _keep(storage: Backend, number: int, **changes: Any) -> PaymentSession:
    """A session that was created so many minutes after noon and is over."""
    given: dict[str, Any] = {
        "payment_session_id": f"ps_{number:03d}",
        "created_at": later(number),
        "status": Status.EXPIRED,
        "due_at": None,
    }
    session = a_session(**(given | changes))
    storage.commit(AddSession(session))
    return session


def _pages(storage: Backend, limit: int = 3, **conditions: Any) -> list[list[str]]:
    query = PaymentQuery(**(EVERYTHING | conditions))
    found = every_page(lambda cursor: storage.sessions.search(query, limit=limit, cursor=cursor))
    pages = [[one.payment_session_id for one in page.entries] for page in found]
    assert max(map(len, pages)) <= limit
    return pages


def _found(storage: Backend, limit: int = 3, **conditions: Any) -> list[str]:
    return [one for page in _pages(storage, limit, **conditions) for one in page]


def test_a_quiet_school_has_no_payments(storage: Backend) -> None:
    """One empty page."""
    assert _pages(storage) == [[]]
    assert storage.sessions.reviews(limit=5).entries == ()


def test_what_is_live_in_review_and_over_is_one_list(storage: Backend) -> None:
    """The newest first, wherever the index has them, each once."""
    review = {"review_reason": ReviewReason.AMOUNT_MISMATCH}
    _keep(storage, 1)
    _keep(storage, 2, status=Status.OPEN, due_at=later(50))
    _keep(storage, 3, status=Status.REVIEW, updated_at=later(90), **review)
    _keep(storage, 4, status=Status.COMPLETED)
    _keep(storage, 5, status=Status.PROCESSING, due_at=later(1))
    _keep(storage, 6)
    assert _found(storage) == ["ps_006", "ps_005", "ps_004", "ps_003", "ps_002", "ps_001"]
    assert _found(storage, limit=1) == _found(storage, limit=100)


def test_months_are_one_list_too(storage: Backend) -> None:
    """Whatever lies between them."""
    times = [
        datetime(2025, 12, 1, tzinfo=UTC),
        datetime(2025, 12, 31, 23, 59, tzinfo=UTC),
        NOW,
        NOW + 20 * DAY,
        NOW + 50 * DAY,
    ]
    for number, at in enumerate(times):
        _keep(storage, number, created_at=at)
    assert _found(storage, limit=2) == ["ps_004", "ps_003", "ps_002", "ps_001", "ps_000"]
    assert _found(storage, since=times[1], until=times[3]) == ["ps_003", "ps_002", "ps_001"]
    assert _found(storage, since=NOW + timedelta(milliseconds=1), until=NOW + 2 * DAY) == []


def test_sessions_of_one_moment_are_ordered_by_their_ids(storage: Backend) -> None:
    """None is lost between two pages, also where one id is the beginning of another."""
    ids = ["ps_1", "ps_1-2-abc", "ps_10", "ps_2", "ps_2-2-abc"]
    for name in ids:
        _keep(storage, 0, payment_session_id=name)
    assert _found(storage, limit=1) == sorted(ids, reverse=True)
    assert _found(storage, limit=2) == sorted(ids, reverse=True)


def test_every_condition_must_hold(storage: Backend) -> None:
    """Status, course, coupon, provider, student, and what was to be paid or came in."""
    _keep(storage, 1)
    _keep(storage, 2, status=Status.COMPLETED, received=4711, received_currency="usd", user_id="user-2")
    _keep(storage, 3, course_id="course-3")
    coupon = a_session_with(a_coupon(), payment_session_id="ps_004", created_at=later(4), due_at=NOW)
    storage.commit(AddSession(coupon))
    assert _found(storage, statuses=frozenset({Status.COMPLETED})) == ["ps_002"]
    assert _found(storage, course_id="course-3") == ["ps_003"]
    assert _found(storage, coupon_code="SPRING") == ["ps_004"]
    assert _found(storage, provider="nobody") == []
    assert _found(storage, amount=4711) == ["ps_002"]
    assert _found(storage, amount=coupon.total.amount) == ["ps_004"]
    assert _found(storage, user_ids=frozenset({"user-2"})) == ["ps_002"]
    assert _found(storage, user_ids=frozenset({"user-1", "user-2"})) == ["ps_004", "ps_003", "ps_002", "ps_001"]
    assert _found(storage, user_ids=frozenset()) == []
    assert _found(storage, user_ids=frozenset({"user-1"}), course_id="course-3") == ["ps_003"]


def test_what_happens_between_two_pages_moves_nothing(storage: Backend) -> None:
    """A session opened meanwhile is on no later page, and one that is settled meanwhile is not shown twice."""
    for number in range(4):
        _keep(storage, number)
    query = PaymentQuery(**EVERYTHING)
    first = storage.sessions.search(query, limit=2)
    _keep(storage, 9)
    rest = storage.sessions.search(query, limit=9, cursor=first.cursor)
    assert [one.payment_session_id for one in rest.entries] == ["ps_001", "ps_000"]


def test_reviews_come_in_pages(storage: Backend) -> None:
    """The longest waiting first; what is decided waits no longer."""
    for number in range(5):
        decided = Resolution(kind=ResolutionKind.DISMISSED, by="admin-1", at=NOW) if number == 2 else None
        _keep(
            storage,
            number,
            status=Status.REVIEW,
            updated_at=later(9 - number),
            review_reason=ReviewReason.AMOUNT_MISMATCH,
            resolution=decided,
        )
    first = storage.sessions.reviews(limit=3)
    assert [one.payment_session_id for one in first.entries] == ["ps_004", "ps_003", "ps_001"]
    rest = storage.sessions.reviews(limit=3, cursor=first.cursor)
    assert [one.payment_session_id for one in rest.entries] == ["ps_000"]
    assert rest.cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "after-ps_9", "U0NIT09M", "MjAyNi0wMS0xNVQxMjowMDowMC4yNTBaI3BzX1w"])
def test_a_cursor_that_no_page_gave_is_refused(storage: Backend, cursor: str) -> None:
    """Rather than read from somewhere else."""
    _keep(storage, 1)
    with pytest.raises(InvalidValue):
        storage.sessions.search(PaymentQuery(**EVERYTHING), limit=3, cursor=cursor)
    with pytest.raises(InvalidValue):
        storage.sessions.reviews(limit=3, cursor=cursor)
