"""Many at the very same moment: one session, one winner, one enrollment."""

from __future__ import annotations

from decimal import Decimal
from threading import Barrier

import pytest

from domain.enrollment_requests import AwaitingPayment, Enrolled
from domain.errors import CouponExhausted, DomainError
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.use_cases.provider.receive_event import Receipt
from tests.support.concurrency import at_once
from tests.support.factories import a_coupon
from tests.support.memory.misbehaving import Gathering
from tests.support.memory.school import SAM, School, somebody

pytestmark = pytest.mark.races

CALLERS = 50


def a_school_where_all_read_first(school: School, callers: int = CALLERS) -> School:
    """The school, where nobody writes before everybody has read."""
    school.unit_of_work = Gathering(school.unit_of_work, Barrier(callers))
    return school


def test_fault_41_fifty_clicks_open_one_checkout() -> None:
    """Fifty simultaneous enrollments of one student end in one session and one checkout, shown to all."""
    school = a_school_where_all_read_first(School())
    results = at_once([school.start] * CALLERS)
    secrets = {result.client_secret for result in results if isinstance(result, AwaitingPayment)}
    assert not [result for result in results if isinstance(result, DomainError)]
    assert secrets == {"cs_000001_secret"}
    assert len(school.store.sessions) == len(school.provider.checkouts) == 1
    assert sum(result.is_new for result in results if isinstance(result, AwaitingPayment)) == 1
    assert school.telemetry.count(Signal.CHECKOUT_OPENED) == 1


def test_fifty_clicks_with_a_coupon_hold_one_use() -> None:
    """Fifty simultaneous enrollments with the last use of a coupon end in one session that holds it."""
    school = School()
    school.issue(a_coupon(max_uses=1))
    a_school_where_all_read_first(school)
    results = at_once([lambda: school.start(coupon_code="SPRING")] * CALLERS)
    assert not [result for result in results if isinstance(result, DomainError)]
    assert len(school.store.sessions) == 1
    assert school.uses_counted() == 1


def test_fifty_clicks_on_a_free_course_enroll_once() -> None:
    """Fifty simultaneous enrollments in a free course make one enrollment, new to one of them."""
    school = a_school_where_all_read_first(School())
    results = at_once([lambda: school.enrolled(course_id="free-1")] * CALLERS)
    assert sum(result.is_new for result in results if isinstance(result, Enrolled)) == 1
    assert len(school.store.enrollments) == 1
    assert school.telemetry.count(Signal.ENROLLED) == 1


@pytest.mark.parametrize("percents", [10, 100])
@pytest.mark.parametrize("shards", [1, 4])
def test_fault_60_of_fifty_racing_for_the_last_use_one_wins(percents: int, shards: int) -> None:
    """One student gets the last use, the others read that it is gone, and nothing of theirs is left behind."""
    school = School()
    school.issue(a_coupon(max_uses=1, shards=shards, discount_value=Decimal(percents)))
    a_school_where_all_read_first(school)
    results = at_once([lambda n=n: school.enroll(somebody(n), coupon_code="SPRING") for n in range(CALLERS)])  # type: ignore[misc]
    winners = [result for result in results if not isinstance(result, DomainError)]
    assert len(winners) == 1
    assert sum(isinstance(result, CouponExhausted) for result in results) == CALLERS - 1
    assert school.uses_counted() == len(school.store.coupon_uses) == len(school.store.sessions) == 1
    assert len(school.store.checkout_locks) == (1 if percents < 100 else 0)


def test_payment_return_page_and_second_click_agree() -> None:
    """Webhook, return page and another click at the same moment end in one enrollment that all of them see."""
    school = School()
    session_id = school.start().session.payment_session_id
    event = school.provider.pay(session_id)
    a_school_where_all_read_first(school, 30)
    outcomes: list[object] = at_once(
        [lambda: school.receive(event)] * 10
        + [lambda: school.show_checkout("cs_000001").enrolled] * 10
        + [lambda: school.enrolled(SAM).enrollment.payment_session_id == session_id] * 10
    )
    assert outcomes == [Receipt.SETTLED] * 10 + [True] * 20
    assert len(school.store.enrollments) == 1


def test_payment_and_expiry_at_once_agree() -> None:
    """A payment and an expiry reported at the same moment end paid, with nothing of the session left held."""
    school = School()
    school.issue(a_coupon())
    session_id = school.start(coupon_code="SPRING").session.payment_session_id
    expiry = school.provider.checkouts[session_id]
    paid = school.provider.pay(session_id)
    school.provider.checkouts[session_id] = expiry
    expired = school.provider.expire(session_id)
    a_school_where_all_read_first(school, 20)
    at_once([lambda: school.receive(paid), lambda: school.receive(expired)] * 10)
    assert school.session(session_id).status is Status.COMPLETED
    assert len(school.store.enrollments) == 1
    assert school.uses_counted() == len(school.store.coupon_uses)
    assert school.lock() is None
