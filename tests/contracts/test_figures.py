"""Figures of closed days, and the history of checkouts."""

from __future__ import annotations

from datetime import date, timedelta

from attrs import evolve

from domain.figures import ClosedDay, FigureKey, Funnel, Sums
from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from domain.transactions.writes import AddSession
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, a_session
from tests.support.reversal_factories import a_paid_session

DAY = date(2026, 1, 31)
PLAIN = FigureKey(day=DAY, course_id="course-1", coupon_code=None, provider="stripe", currency="usd")
SUMS = Sums(
    sales=3, gross=40_000, discounts=900, refunds=-100, disputes=7, fees=300, enrollments=3, ended=1, coupon_uses=2
)
FUNNEL = Funnel(opened=9, paid=3, failed={"insufficient_funds": 2})


def a_day(day: date = DAY) -> ClosedDay:
    """Two sums, one of them with a coupon, and one funnel."""
    figures = {evolve(PLAIN, day=day): SUMS, evolve(PLAIN, day=day, coupon_code="SPRING"): Sums(sales=1, gross=5)}
    return ClosedDay(day=day, figures=figures, funnels={"course-1": FUNNEL})


def test_a_day_that_is_not_closed_has_no_figures(storage: Backend) -> None:
    """Nor do funnels alone close it."""
    storage.figures.keep_funnels(DAY, {"course-1": FUNNEL})
    assert storage.figures.closed(since=DAY, until=DAY) == {}


def test_a_closed_day_is_read_as_it_was_closed(storage: Backend) -> None:
    """Closing it again changes nothing; a day of another month is found with it, one outside is not."""
    next_day = a_day(DAY + timedelta(days=1))
    for day in (a_day(), a_day(), next_day, a_day(DAY - timedelta(days=1))):
        storage.figures.close(day)
    assert storage.figures.closed(since=DAY, until=next_day.day) == {DAY: a_day(), next_day.day: next_day}


def test_a_day_without_sales_is_closed_all_the_same(storage: Backend) -> None:
    """Else it would be folded again every night."""
    empty = ClosedDay(day=DAY, figures={}, funnels={})
    storage.figures.close(empty)
    assert storage.figures.closed(since=DAY, until=DAY) == {DAY: empty}


def test_funnels_of_a_closed_day_may_grow(storage: Backend) -> None:
    """A slow payment arrives: its course's funnel is replaced, another course's and the money are left alone."""
    storage.figures.close(evolve(a_day(), funnels={"course-1": FUNNEL, "course-2": FUNNEL}))
    grown = evolve(FUNNEL, paid=4, failed={})
    storage.figures.keep_funnels(DAY, {"course-1": grown})
    kept = storage.figures.closed(since=DAY, until=DAY)[DAY]
    assert kept == evolve(a_day(), funnels={"course-1": grown, "course-2": FUNNEL})


def test_the_history_has_every_session_once_whatever_its_state(storage: Backend) -> None:
    """Live, in review, settled, and settled with something still to be heard of; those of other days are left out."""
    sessions = [
        a_session(payment_session_id="ps_live"),
        a_paid_session(payment_session_id="ps_paid", course_id="course-2"),
        a_paid_session(payment_session_id="ps_due", course_id="course-3", due_at=NOW + timedelta(days=1)),
        a_paid_session(
            payment_session_id="ps_review",
            course_id="course-4",
            status=Status.REVIEW,
            review_reason=ReviewReason.AMOUNT_MISMATCH,
        ),
    ]
    for session in sessions:
        earlier = evolve(session, payment_session_id=f"{session.payment_session_id}_b", created_at=NOW - timedelta(40))
        storage.commit(AddSession(session), AddSession(earlier))
    found = list(storage.history.created(since=NOW, until=NOW + timedelta(seconds=1)))
    assert {one.payment_session_id for one in found} == {one.payment_session_id for one in sessions}
    assert len(found) == len(sessions)
    assert list(storage.history.created(since=NOW - timedelta(seconds=1), until=NOW)) == []
