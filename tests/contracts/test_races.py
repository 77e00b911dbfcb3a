"""Many at once at the storage: each transaction is all or nothing, and of those that exclude each other one wins."""

from __future__ import annotations

from functools import partial

import pytest

from domain.coupons import Coupon
from domain.errors import StorageUnavailable
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.payments import Writes, attach, enroll_for_free, fulfil, release, reserve
from domain.transactions.writes import AddCoupon
from tests.support.aws.backends import Backend
from tests.support.concurrency import at_once
from tests.support.factories import (
    a_coupon,
    a_session_with,
    a_student,
    an_enrollment,
    an_entry,
    expired,
    later,
    paid,
)

pytestmark = pytest.mark.races

WRITERS = 24
MOST_ATTEMPTS = 50  # attempts of one writer


def commits(storage: Backend, transactions: list[Writes]) -> int:
    """How many of them went through; all are made at the same time, and again when the table was too busy."""
    return sum(went is True for went in at_once([partial(_went_through, storage, writes) for writes in transactions]))


def _went_through(storage: Backend, writes: Writes) -> bool:
    for _ in range(MOST_ATTEMPTS):
        try:
            storage.unit_of_work.commit(writes)
        except StorageUnavailable:
            continue
        except TransactionConflict:
            return False
        else:
            return True
    raise AssertionError("the table stayed busy")


def for_somebody(number: int, coupon: Coupon) -> PaymentSession:
    """One buyer's session, on one of the coupon's counters."""
    shard = number % coupon.shards
    return a_session_with(coupon, shard=shard, user_id=f"somebody-{number}", payment_session_id=f"ps_{number}")


@pytest.mark.parametrize("shards", [1, 4])
def test_fault_60_of_many_buyers_only_as_many_as_there_are_uses_get_the_coupon(storage: Backend, shards: int) -> None:
    """Exactly the limit is reserved, the counters say so, and the losers leave nothing behind."""
    coupon = a_coupon(max_uses=8, shards=shards)
    storage.commit(AddCoupon(coupon))
    sessions = [for_somebody(number, coupon) for number in range(WRITERS)]
    assert commits(storage, [reserve(session, coupon) for session in sessions]) == 8
    kept = storage.coupons.find(coupon.code)
    assert kept is not None
    assert (kept.current_uses, storage.coupons.count_uses(coupon.code)) == (8, 8)
    found = [storage.sessions.find(session.user_id, session.payment_session_id) for session in sessions]
    assert sum(session is not None for session in found) == 8


def test_fault_41_of_many_reservations_of_one_student_one_is_made(storage: Backend) -> None:
    """One session, one checkout lock, one use of the coupon."""
    coupon = a_coupon(max_uses=WRITERS)
    storage.commit(AddCoupon(coupon))
    sessions = [a_session_with(coupon, payment_session_id=f"ps_{number}") for number in range(WRITERS)]
    assert commits(storage, [reserve(session, coupon) for session in sessions]) == 1
    assert len(storage.sessions.of_student("user-1")) == 1
    assert storage.coupons.count_uses(coupon.code) == 1


def test_fault_53_of_many_enrollments_one_is_made(storage: Backend) -> None:
    """The others are refused by the one that is there."""
    assert commits(storage, [enroll_for_free(an_enrollment(), an_entry())] * WRITERS) == 1


def test_fault_35_a_payment_that_many_hear_of_at_once_enrolls_once(storage: Backend) -> None:
    """One of them completes the session; the coupon is redeemed once."""
    coupon, session = a_coupon(max_uses=3), a_session_with(a_coupon(max_uses=3))
    storage.students.add(a_student())
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(session, coupon))
    storage.commit(*attach(session.opened("cs_1", later())))
    assert commits(storage, [fulfil(session, session.completed(paid(session), later()), paid(session))] * WRITERS) == 1
    kept = storage.coupons.find(coupon.code)
    assert kept is not None
    assert kept.current_uses == 1
    assert len(storage.enrollments.of_student("user-1")) == 1


def test_fault_33_payment_and_expiry_at_once_agree_on_one(storage: Backend) -> None:
    """Whichever comes first is final: paid with its enrollment, or released with its coupon."""
    coupon, session = a_coupon(max_uses=3), a_session_with(a_coupon(max_uses=3))
    storage.students.add(a_student())
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(session, coupon))
    pays, ends = (
        fulfil(session, session.completed(paid(session), later()), paid(session)),
        release(session, session.released(Status.EXPIRED, later(), expired(session)), expired(session)),
    )
    assert commits(storage, [pays, ends] * (WRITERS // 2)) == 1
    found, kept = storage.sessions.find("user-1", session.payment_session_id), storage.coupons.find(coupon.code)
    assert found is not None
    assert kept is not None
    is_paid = found.status is Status.COMPLETED
    assert kept.current_uses == storage.coupons.count_uses(coupon.code) == int(is_paid)
    assert (storage.enrollments.find("user-1", "course-1") is not None) == is_paid


def test_fault_69_a_release_that_many_make_gives_one_use_back(storage: Backend) -> None:
    """The counter of two held uses stands at one afterwards, not below."""
    coupon = a_coupon(max_uses=5)
    storage.commit(AddCoupon(coupon))
    mine, other = for_somebody(1, coupon), for_somebody(2, coupon)
    storage.commit(*reserve(mine, coupon))
    storage.commit(*reserve(other, coupon))
    assert commits(storage, [release(mine, mine.released(Status.CANCELLED, later()))] * WRITERS) == 1
    kept = storage.coupons.find(coupon.code)
    assert kept is not None
    assert kept.current_uses == 1
