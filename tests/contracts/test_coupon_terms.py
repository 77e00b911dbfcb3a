"""Changing a coupon's terms, counting its uses and correcting its counters, over each storage."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from domain.errors import (
    ChangedMeanwhile,
    CouponExhausted,
    CouponLimitTooLow,
    CouponNotFound,
    CouponUseChanged,
)
from domain.payments.states import Status
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.payments import release, reserve
from domain.transactions.writes import (
    AddCoupon,
    AddEnrollment,
    ChangeCoupon,
    CorrectCouponCounter,
    HoldCouponUse,
    ReleaseCoupon,
    ReleaseCouponUse,
    ReserveCoupon,
)
from tests.support.aws.backends import Backend
from tests.support.coupon_uses import SHARDED, kinds, take, uses
from tests.support.factories import NOW, a_coupon, a_session_with, an_enrollment, later

CHANGES: list[dict[str, Any]] = [
    {"name": "New"},
    {"description": "Ten off"},
    {"description": None},
    {"active": False},
    {"listed": True},
    {"max_uses": 20},
    {"valid_from": later(-50)},
    {"valid_from": None},
    {"valid_until": later(50)},
    {"valid_until": None},
    {"minimum_amount": 1000},
    {"minimum_amount": None},
    {"maximum_discount": 300},
    {"course_ids": frozenset({"c-1", "c-2"})},
    {"course_ids": frozenset()},
]
OLD: dict[str, Any] = {
    "description": "Old",
    "valid_from": later(-99),
    "valid_until": later(99),
    "minimum_amount": 5,
    "maximum_discount": 500,
    "course_ids": frozenset({"c-1"}),
}


@pytest.mark.parametrize("shape", [{}, SHARDED])
def test_new_terms_leave_the_counters_alone(storage: Backend, shape: dict[str, Any]) -> None:
    """Name, limit and dates change, the uses do not; a date that is taken away is gone."""
    coupon = a_coupon(**shape, valid_until=later(99))
    storage.commit(AddCoupon(coupon))
    storage.commit(take(coupon))
    changed = evolve(coupon, name="New", active=False, listed=True, max_uses=50, valid_until=None, current_uses=9)
    storage.commit(ChangeCoupon(coupon, changed))
    assert storage.coupons.find("SPRING") == evolve(changed, current_uses=1)


@pytest.mark.parametrize(("shape", "taken"), [({}, (0, 0, 0)), (SHARDED, (0, 0, 1))])
def test_fault_66_a_limit_is_not_lowered_below_what_is_taken(
    storage: Backend, shape: dict[str, Any], taken: tuple[int, ...]
) -> None:
    """A limit may come down to what its counters have, and no further."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    for shard in taken:
        storage.commit(take(coupon, shard))
    assert kinds(storage.conflicts(ChangeCoupon(coupon, evolve(coupon, max_uses=2)))) == [CouponLimitTooLow]
    storage.commit(ChangeCoupon(coupon, evolve(coupon, max_uses=3)))


@pytest.mark.parametrize("shape", [{"max_uses": 5}, SHARDED])
def test_the_limit_that_a_use_is_taken_under_binds_too(storage: Backend, shape: dict[str, Any]) -> None:
    """Whoever read a lower limit than there is now takes no more than that."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(ReserveCoupon(coupon.hold(), 1, NOW))
    assert kinds(storage.conflicts(ReserveCoupon(coupon.hold(), 1, NOW))) == [CouponExhausted]


@pytest.mark.parametrize("shape", [{"max_uses": 5}, SHARDED])
def test_a_lowered_limit_holds_for_whoever_read_the_old_one(storage: Backend, shape: dict[str, Any]) -> None:
    """A reservation on its way when the limit came down does not exceed it."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(ChangeCoupon(coupon, evolve(coupon, max_uses=1)))
    storage.commit(take(coupon))
    assert kinds(storage.conflicts(take(coupon))) == [CouponExhausted]


@pytest.mark.parametrize("shape", [{}, SHARDED])
def test_terms_of_a_coupon_that_nobody_issued_make_none(storage: Backend, shape: dict[str, Any]) -> None:
    """Changing makes no coupon."""
    assert CouponNotFound in kinds(storage.conflicts(ChangeCoupon(a_coupon(**shape), a_coupon(**shape, active=False))))
    assert storage.coupons.all() == ()


@pytest.mark.parametrize("shape", [{}, SHARDED, {"max_uses": None}])
def test_uses_are_counted_one_by_one(storage: Backend, shape: dict[str, Any]) -> None:
    """Held and redeemed uses count, dropped ones and other coupons' do not."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(AddCoupon(a_coupon(code="SUMMER")))
    for number in range(3):
        session = a_session_with(coupon, user_id=f"user-{number}", shard=number % coupon.shards)
        storage.commit(*reserve(session, coupon))
    storage.commit(*release(session, session.released(Status.CANCELLED, later())))
    assert [storage.coupons.count_uses(code) for code in ("SPRING", "SUMMER", "WINTER", "#")] == [2, 0, 0, 0]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("terms", [{}, OLD])
def test_terms_change_one_by_one(storage: Backend, change: dict[str, Any], terms: dict[str, Any]) -> None:
    """Only what differs is written: what somebody else has changed beside it stays changed."""
    read = a_coupon(**terms)
    storage.commit(AddCoupon(read))
    other: dict[str, Any] = {"name": "Other"} if "name" not in change else {"listed": True}
    storage.commit(ChangeCoupon(read, evolve(read, **other)))
    storage.commit(ChangeCoupon(read, evolve(read, **change)))
    assert storage.coupons.find("SPRING") == evolve(read, **other, **change)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("terms", [{}, OLD])
def test_no_change_of_a_coupon_that_is_gone_makes_one(
    storage: Backend, change: dict[str, Any], terms: dict[str, Any]
) -> None:
    """Whichever term it is: nothing stored and nothing agreed are not the same."""
    read = a_coupon(**terms)
    changed = evolve(read, **change)
    if changed == read:
        changed = evolve(read, name="Other")
    assert kinds(storage.conflicts(ChangeCoupon(read, changed))) == [CouponNotFound]


@pytest.mark.parametrize("shards", [1, 2])
def test_no_limit_for_a_coupon_that_is_gone_makes_one(storage: Backend, shards: int) -> None:
    """It had none when it was read, and what is not there has none either."""
    read = a_coupon(max_uses=None, shards=shards)
    assert kinds(storage.conflicts(ChangeCoupon(read, evolve(read, max_uses=6)))) == [CouponNotFound]
    assert storage.coupons.find("SPRING") is None


def test_a_limit_is_not_lifted_by_who_read_another(storage: Backend) -> None:
    """Nobody undoes a lower limit without knowing of it."""
    read = a_coupon(max_uses=10)
    storage.commit(AddCoupon(read))
    storage.commit(ChangeCoupon(read, evolve(read, max_uses=5)))
    assert kinds(storage.conflicts(ChangeCoupon(read, evolve(read, max_uses=None)))) == [ChangedMeanwhile]


@pytest.mark.parametrize(
    "change", [change for change in CHANGES if change.keys() & OLD.keys()] + CHANGES[:1] + CHANGES[3:6]
)
def test_of_two_who_change_the_same_term_the_second_is_refused(storage: Backend, change: dict[str, Any]) -> None:
    """Nobody undoes a change without knowing of it."""
    read = a_coupon(**OLD, name="Old")
    storage.commit(AddCoupon(read))
    changed = evolve(read, **change)
    storage.commit(ChangeCoupon(read, changed))
    (name,) = change
    third: dict[str, Any] = {"name": "Third", "active": False, "listed": True, "max_uses": 30, "description": "Third"}
    third |= {"valid_from": later(-40), "valid_until": later(40), "minimum_amount": 7, "maximum_discount": 9}
    third |= {"course_ids": frozenset({"c-3"})}
    assert kinds(storage.conflicts(ChangeCoupon(read, evolve(read, **{name: third[name]})))) == [ChangedMeanwhile]
    assert storage.coupons.find("SPRING") == changed


@pytest.mark.parametrize(("first", "second"), [("valid_from", "valid_until"), ("valid_until", "valid_from")])
def test_two_who_change_the_ends_of_a_period_do_not_cross(storage: Backend, first: str, second: str) -> None:
    """A coupon that ended before it began could not be read any more."""
    read = a_coupon(valid_from=later(10), valid_until=later(20))
    storage.commit(AddCoupon(read))
    crossing: dict[str, Any] = {"valid_from": later(19), "valid_until": later(11)}
    storage.commit(ChangeCoupon(read, evolve(read, **{first: crossing[first]})))
    assert kinds(storage.conflicts(ChangeCoupon(read, evolve(read, **{second: crossing[second]})))) == [
        ChangedMeanwhile
    ]


def test_nothing_changes_where_nothing_differs(storage: Backend) -> None:
    """And nobody stands in the way of that."""
    coupon = a_coupon()
    storage.commit(AddCoupon(coupon))
    storage.commit(ChangeCoupon(evolve(coupon, name="x"), evolve(coupon, name="x", current_uses=7)))
    assert storage.coupons.find("SPRING") == coupon
    assert kinds(storage.conflicts(ChangeCoupon(a_coupon(code="NONE"), a_coupon(code="NONE")))) == [CouponNotFound]


@pytest.mark.parametrize(
    ("shards", "taken", "least"),
    [
        (1, (0, 0, 0), 3),
        (2, (0, 0, 0), 5),
        (2, (1, 1, 1), 6),
        (4, (3,), 4),
        (4, (0, 1, 1, 3, 3), 8),
        (4, (0, 0, 0, 1), 9),
    ],
)
def test_how_low_a_limit_can_go_is_said_and_true(
    storage: Backend, shards: int, taken: tuple[int, ...], least: int
) -> None:
    """A limit is dealt out to the counters: the fullest of them says how low it can be."""
    coupon = a_coupon(max_uses=40, shards=shards)
    storage.commit(AddCoupon(coupon))
    for shard in taken:
        storage.commit(take(coupon, shard))
    for limit in range(1, least):
        (refusal,) = storage.conflicts(ChangeCoupon(coupon, evolve(coupon, max_uses=limit)))
        assert isinstance(refusal, CouponLimitTooLow)
        assert f"cannot be below {least} now" in str(refusal)
    storage.commit(ChangeCoupon(coupon, evolve(coupon, max_uses=least)))


def test_a_change_beside_the_limit_asks_no_counter(storage: Backend) -> None:
    """A coupon whose counter is above its limit, as after a mistake by hand, can still be switched off."""
    coupon = a_coupon(max_uses=2)
    storage.commit(AddCoupon(coupon))
    storage.commit(take(coupon))
    storage.commit(CorrectCouponCounter(code="SPRING", shard=0, sharded=False, before=1, after=5))
    storage.commit(ChangeCoupon(coupon, evolve(coupon, active=False)))
    found = storage.coupons.find("SPRING")
    assert found is not None
    assert (found.active, found.current_uses) == (False, 5)


@pytest.mark.parametrize("shape", [{}, SHARDED])
def test_a_counter_is_corrected_if_it_is_as_read(storage: Backend, shape: dict[str, Any]) -> None:
    """Of two corrections, or a use taken meanwhile, the first counts; the other counters stay."""
    coupon = a_coupon(**shape)
    shard = coupon.shards - 1
    storage.commit(AddCoupon(coupon))
    wrong: dict[str, Any] = {"code": "SPRING", "shard": shard, "sharded": coupon.shards > 1}
    storage.commit(CorrectCouponCounter(**wrong, before=0, after=2))
    assert uses(storage) == 2
    assert kinds(storage.conflicts(CorrectCouponCounter(**wrong, before=0, after=1))) == [ChangedMeanwhile]
    storage.commit(CorrectCouponCounter(**wrong, before=2, after=0))
    assert uses(storage) == 0
    storage.commit(take(coupon, shard))
    assert kinds(storage.conflicts(CorrectCouponCounter(**wrong, before=0, after=0))) == [ChangedMeanwhile]


@pytest.mark.parametrize("sharded", [False, True])
def test_a_counter_that_is_not_there_is_not_made(storage: Backend, sharded: bool) -> None:
    """Nobody issued such a coupon."""
    correction = CorrectCouponCounter(code="SPRING", shard=0, sharded=sharded, before=0, after=3)
    assert kinds(storage.conflicts(correction)) == [ChangedMeanwhile]


@pytest.mark.parametrize("redeemed", [False, True])
def test_a_redeemed_use_is_given_back_where_the_payment_was(storage: Backend, redeemed: bool) -> None:
    """After a full refund the student stands as before, whether the use was redeemed or only held."""
    coupon = a_coupon()
    session = a_session_with(coupon)
    storage.commit(HoldCouponUse(session, coupon.hold(), redeemed))
    other = a_session_with(coupon, payment_session_id="ps_2")
    assert kinds(storage.conflicts(ReleaseCouponUse(other, coupon.hold(), redeemed=True))) == [CouponUseChanged]
    storage.commit(ReleaseCouponUse(session, coupon.hold(), redeemed=True))
    storage.commit(HoldCouponUse(other, coupon.hold()))
    assert kinds(storage.conflicts(ReleaseCouponUse(session, coupon.hold(), redeemed=True))) == [CouponUseChanged]


def test_a_conflict_says_which_write_failed(storage: Backend) -> None:
    """In the order of the writes, so that what hangs on a payment can be left out alone."""
    coupon = a_coupon()
    storage.commit(AddCoupon(coupon))
    session = a_session_with(coupon)
    writes = (ReleaseCoupon(coupon.hold()), AddEnrollment(an_enrollment()), ReleaseCouponUse(session, coupon.hold()))
    with pytest.raises(TransactionConflict) as conflict:
        storage.commit(*writes)
    assert conflict.value.writes == (writes[0], writes[2])
    assert kinds(conflict.value.conflicts) == [CouponUseChanged, CouponUseChanged]
