"""The school issues coupons and changes their terms: never twice, never below what is used, never without a trace."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.audit import AuditAction
from domain.coupons import Coupon
from domain.errors import (
    ChangedMeanwhile,
    CouponExhausted,
    CouponExists,
    CouponInactive,
    CouponLimitTooLow,
    CouponNotFound,
    InvalidValue,
    NotFound,
)
from domain.use_cases.office.manage_coupons import ChangeCouponTerms, CouponChanges, IssueCoupon
from tests.support.factories import AUTHOR, NOW, a_coupon
from tests.support.memory.misbehaving import Interrupted
from tests.support.memory.school import School, somebody


def issue(school: School, coupon: Coupon) -> Coupon:
    """The school issues the coupon."""
    return school.use_case(IssueCoupon)(coupon, AUTHOR)


def change(school: School, *, code: str = "SPRING", **options: object) -> Coupon:
    """The school changes the coupon's terms."""
    return school.use_case(ChangeCouponTerms)(code, CouponChanges(**options), AUTHOR)  # type: ignore[arg-type]


def a_school(*, uses: int = 0, **options: object) -> School:
    """A coupon is issued, and so many students hold a use of it."""
    school = School()
    issue(school, a_coupon(**options))
    for number in range(uses):
        school.start(somebody(number), coupon_code="SPRING")
    return school


def test_an_issued_coupon_is_there() -> None:
    """It can be used at once."""
    school = a_school(uses=1)
    assert school.uses_counted() == 1


def test_a_code_is_issued_once() -> None:
    """Codes are never reused, not even of coupons long over: their history would be another's."""
    school = a_school(uses=2, valid_until=NOW + timedelta(days=1))
    school.wait(days=30)
    with pytest.raises(CouponExists):
        issue(school, a_coupon(discount_value=Decimal(50)))
    spring = school.coupons().find("SPRING")
    assert spring is not None
    assert (spring.discount_value, spring.current_uses) == (Decimal(10), 2)


def test_a_new_coupon_begins_at_zero() -> None:
    """Whatever it claims, nobody has used it."""
    school = School()
    issue(school, a_coupon(current_uses=7))
    assert school.uses_counted() == 0


def test_a_coupon_switched_off_serves_nobody_new() -> None:
    """Switched on again, it serves as before; uses stay counted."""
    school = a_school(uses=1)
    assert change(school, active=False).active is False
    with pytest.raises(CouponInactive):
        school.start(coupon_code="SPRING")
    change(school, active=True)
    school.start(coupon_code="SPRING")
    assert school.uses_counted() == 2


def test_what_is_not_named_stays() -> None:
    """Each change is about its terms only."""
    school = a_school(listed=True, name="Spring sale", valid_until=NOW + timedelta(days=1))
    changed = change(school, description="For everybody", valid_until=NOW + timedelta(days=9))
    assert changed == school.coupons().find("SPRING")
    assert (changed.listed, changed.name, changed.max_uses) == (True, "Spring sale", 10)
    assert (changed.description, changed.valid_until) == ("For everybody", NOW + timedelta(days=9))


def test_a_raised_limit_lets_more_in() -> None:
    """The next student gets in at once."""
    school = a_school(uses=2, max_uses=2)
    with pytest.raises(CouponExhausted):
        school.start(coupon_code="SPRING")
    change(school, max_uses=3)
    school.start(coupon_code="SPRING")
    assert school.uses_counted() == 3


@pytest.mark.parametrize("shards", [1, 2])
def test_fault_66_a_limit_is_not_lowered_below_the_uses(shards: int) -> None:
    """Down to what is used it may go, not further; a refused change changes nothing."""
    school = a_school(uses=4, shards=shards)
    used = school.uses_counted()
    with pytest.raises(CouponLimitTooLow):
        change(school, max_uses=1, active=False)
    spring = school.coupons().find("SPRING")
    assert spring is not None
    assert (spring.max_uses, spring.active, school.uses_counted()) == (10, True, used)
    enough = max(school.store.shard_counters.values(), default=2) * 2
    assert change(school, max_uses=enough).max_uses == enough


def test_fault_66_uses_taken_meanwhile_count() -> None:
    """A use taken between reading and writing is one more that the limit must allow."""
    school = a_school(uses=1)
    good = school.unit_of_work
    rival = School(store=school.store, clock=school.clock, provider=school.provider, ids=school.ids)
    school.unit_of_work = Interrupted(good, [lambda: rival.start(somebody(9), coupon_code="SPRING")])
    with pytest.raises(CouponLimitTooLow):
        change(school, max_uses=1)
    assert school.uses_counted() == 2


def test_a_coupon_issued_without_a_limit_gets_none() -> None:
    """Nobody counted its uses, so no limit could be kept; all else may change."""
    school = a_school(uses=1, max_uses=None)
    with pytest.raises(InvalidValue, match="not counted"):
        change(school, max_uses=5)
    assert change(school, active=False).max_uses is None


@pytest.mark.parametrize("limit", [0, -1])
def test_fault_67_a_limit_is_above_zero(limit: int) -> None:
    """To stop a coupon one switches it off."""
    school = a_school()
    with pytest.raises(InvalidValue):
        change(school, max_uses=limit)


def test_a_coupon_cannot_end_before_it_begins() -> None:
    """Terms that no coupon may have are refused before anything is written."""
    school = a_school(valid_from=NOW)
    with pytest.raises(InvalidValue):
        change(school, valid_until=NOW - timedelta(seconds=1))
    assert school.store.coupons["SPRING"].valid_until is None


@pytest.mark.parametrize("code", ["SUMMER", "", "spring", "ＳＰＲＩＮＧ"])
def test_fault_68_only_the_very_code_is_found(code: str) -> None:
    """What no coupon has, or what merely looks like one, is not there."""
    with pytest.raises(NotFound):
        change(a_school(), code=code, active=False)


def test_a_coupon_gone_meanwhile_is_not_made_again() -> None:
    """Between reading and writing it was removed by hand: it stays removed."""
    school = a_school()
    school.unit_of_work = Interrupted(school.unit_of_work, [school.store.coupons.clear])
    with pytest.raises(CouponNotFound):
        change(school, active=False)
    assert not school.store.coupons


# -- two administrators -----------------------------------------------------------------------------------------------


def changed_meanwhile(school: School, mine: dict[str, Any], theirs: dict[str, Any]) -> Coupon:
    """One administrator has read the coupon; before they change it, another one does. The coupon as stored then."""
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: change(rival, **theirs)])
    change(school, **mine)
    return school.store.coupons["SPRING"]


def test_fault_110_a_coupon_switched_off_meanwhile_stays_off() -> None:
    """The other administrator changes only the name: nothing that they did not name is written back."""
    coupon = changed_meanwhile(a_school(max_uses=10), {"name": "Spring sale"}, {"active": False, "max_uses": 5})
    assert (coupon.name, coupon.active, coupon.max_uses) == ("Spring sale", False, 5)


def test_fault_110_of_two_changes_of_the_same_term_the_second_is_told() -> None:
    """What the first stored stands, and nothing else of the second's change is made."""
    school = a_school(max_uses=10)
    with pytest.raises(ChangedMeanwhile):
        changed_meanwhile(school, {"max_uses": 20, "name": "More"}, {"max_uses": 5})
    coupon = school.store.coupons["SPRING"]
    assert (coupon.max_uses, coupon.name) == (5, "")


def test_fault_118_lowering_a_limit_over_several_counters_tells_the_truth() -> None:
    """Uses are dealt out unevenly: the answer says why, and how low the limit can be; that limit works."""
    school = a_school(max_uses=40, shards=4)
    school.store.shard_counters.update({("SPRING", 0): 3, ("SPRING", 1): 0, ("SPRING", 2): 1, ("SPRING", 3): 0})
    with pytest.raises(CouponLimitTooLow) as refused:
        change(school, max_uses=8)
    assert str(refused.value) == (
        "The limit of this coupon cannot be below 9 now, because its uses are taken unevenly from 4 counters."
    )
    with pytest.raises(CouponLimitTooLow):
        change(school, max_uses=8)
    assert change(school, max_uses=9).max_uses == 9


# -- every term, its record, and courses that exist -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "changes", "recorded"),
    [
        ({"valid_until": NOW}, {"valid_until": None}, {"validUntil": None}),
        ({"valid_from": NOW}, {"valid_from": None}, {"validFrom": None}),
        ({"description": "x"}, {"description": None}, {"description": None}),
        ({"minimum_amount": 5}, {"minimum_amount": None}, {"minimumAmount": None}),
        ({"maximum_discount": 5}, {"maximum_discount": 7}, {"maximumDiscount": 7}),
        ({"max_uses": 5}, {"max_uses": None}, {"maxUses": None}),
        ({}, {"valid_from": NOW}, {"validFrom": "2026-01-15T12:00:00.250Z"}),
        ({}, {"course_ids": frozenset({"course-1", "free-1"})}, {"courseIds": ["course-1", "free-1"]}),
        ({"course_ids": frozenset({"course-1"})}, {"course_ids": frozenset()}, {"courseIds": []}),
        ({}, {"listed": True, "name": "New"}, {"listed": True, "name": "New"}),
    ],
)
def test_every_term_changes_and_none_removes(
    before: dict[str, Any], changes: dict[str, Any], recorded: dict[str, Any]
) -> None:
    """With a record of the changed fields, before and after."""
    school = a_school(**before)
    issued = school.store.coupons["SPRING"]
    changed = change(school, **changes)
    assert school.store.coupons["SPRING"] == changed
    assert all(getattr(changed, name) == value for name, value in changes.items())
    record = school.store.audit[-1]
    assert (record.action, record.coupon_code, record.by) == (AuditAction.COUPON_CHANGED, "SPRING", AUTHOR.by)
    assert (dict(record.after), record.before.keys()) == (recorded, recorded.keys())
    assert changed != issued


def test_repeating_a_change_records_nothing() -> None:
    """Nothing was changed, whatever was seen before."""
    school = a_school()
    for _ in range(3):
        change(school, active=False)
    assert [record.action for record in school.store.audit] == [AuditAction.COUPON_ISSUED, AuditAction.COUPON_CHANGED]


def test_a_refused_change_records_nothing() -> None:
    """The record is in the transaction of the change."""
    school = a_school(uses=3)
    with pytest.raises(CouponLimitTooLow):
        change(school, max_uses=1)
    assert len(school.store.audit) == 1


def test_what_was_seen_minutes_ago_counts() -> None:
    """Another administrator extended it since: it is looked at again before it is cut short."""
    school = a_school(valid_until=NOW + timedelta(days=1))
    seen = CouponChanges(valid_until=NOW + timedelta(days=1))
    change(school, valid_until=NOW + timedelta(days=9))
    use_case, shorter = school.use_case(ChangeCouponTerms), CouponChanges(valid_until=NOW + timedelta(hours=1))
    with pytest.raises(ChangedMeanwhile):
        use_case("SPRING", shorter, AUTHOR, seen=seen)
    use_case("SPRING", shorter, AUTHOR, seen=CouponChanges(valid_until=NOW + timedelta(days=9)))
    assert school.store.coupons["SPRING"].valid_until == NOW + timedelta(hours=1)


def test_a_coupon_is_for_courses_that_exist() -> None:
    """A typing error would make a coupon that works nowhere."""
    school = a_school()
    wrong = frozenset({"course-1", "corse-2"})
    with pytest.raises(InvalidValue):
        issue(school, a_coupon(code="OTHER", course_ids=wrong))
    with pytest.raises(InvalidValue):
        change(school, course_ids=wrong)
    assert "OTHER" not in school.store.coupons
    assert school.store.coupons["SPRING"].course_ids == frozenset()


def test_a_course_gone_since_does_not_keep_a_coupon_from_being_changed() -> None:
    """Only courses that are added must exist."""
    school = a_school(course_ids=frozenset({"course-1"}))
    del school.store.courses["course-1"]
    assert change(school, name="Old").name == "Old"
