"""Coupons: their counters, and the one use per student, in memory and in DynamoDB."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from adapters.dynamodb.coupons import DynamoCouponRepo
from domain.coupons import Coupon, DiscountType
from domain.errors import (
    ChangedMeanwhile,
    CouponAlreadyUsed,
    CouponExhausted,
    CouponExists,
    CouponExpired,
    CouponInactive,
    CouponLimitTooLow,
    CouponNotFound,
    CouponNotYetValid,
    CouponUseChanged,
    DomainError,
    InvalidValue,
)
from domain.paging import every_page
from domain.payments.states import Status
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.payments import enroll_by_coupon, fulfil, release, reserve
from domain.transactions.writes import (
    AddCoupon,
    AddEnrollment,
    ChangeCoupon,
    CorrectCouponCounter,
    HoldCouponUse,
    RedeemCouponUse,
    ReleaseCoupon,
    ReleaseCouponUse,
    ReserveCoupon,
)
from tests.support.aws.backends import Backend, DynamoBackend
from tests.support.factories import NOW, a_coupon, a_session_with, a_student, an_enrollment, later, paid

SHARDED = {"max_uses": 5, "shards": 2}


def _kinds(conflicts: Iterable[DomainError]) -> list[type[DomainError]]:
    return [type(refusal) for refusal in conflicts]


def _uses(storage: Backend) -> int:
    coupon = storage.coupons.find("SPRING")
    assert coupon is not None
    return coupon.current_uses


def _take(coupon: Coupon, shard: int = 0) -> ReserveCoupon:
    limit = coupon.shard_limit(shard)
    assert limit is not None
    return ReserveCoupon(coupon.hold(shard), limit, NOW)


@pytest.mark.parametrize(
    "coupon",
    [
        a_coupon(),
        a_coupon(max_uses=None, listed=True, name="Spring", description="Ten off"),
        a_coupon(max_uses=1000, shards=16, active=False),
        a_coupon(
            discount_type=DiscountType.FIXED,
            discount_value=Decimal(500),
            valid_from=NOW,
            valid_until=later(),
            minimum_amount=1000,
            maximum_discount=400,
            course_ids=frozenset({"course-1", "c-2"}),
        ),
        a_coupon(discount_value=Decimal("12.5")),
    ],
)
def test_a_coupon_is_read_as_it_was_issued(storage: Backend, coupon: Coupon) -> None:
    """Everything about a coupon comes back, by its code and in the list."""
    storage.commit(AddCoupon(coupon))
    assert storage.coupons.find("SPRING") == coupon
    assert storage.coupons.all() == (coupon,)
    assert storage.coupons.page(limit=5, listed_only=True).entries == ((coupon,) if coupon.listed else ())


@pytest.mark.parametrize("code", ["SPRING", "", "SPRING#1", "SPR\n"])
def test_fault_81_no_coupon_goes_by_an_unknown_or_impossible_code(storage: Backend, code: str) -> None:
    """Codes that nobody issued find nothing."""
    assert storage.coupons.find(code) is None


def test_coupons_are_listed_by_code(storage: Backend) -> None:
    """All of them for the school, the listed ones for everybody."""
    for code in ("SUMMER", "AUTUMN", "SPRING"):
        storage.commit(AddCoupon(a_coupon(code=code, listed=code != "AUTUMN")))
    assert [coupon.code for coupon in storage.coupons.all()] == ["AUTUMN", "SPRING", "SUMMER"]
    assert _listed(storage) == [["SPRING", "SUMMER"]]


def _listed(storage: Backend, limit: int = 5, *, listed_only: bool = True) -> list[list[str]]:
    """The codes on each page."""
    pages = every_page(lambda at: storage.coupons.page(limit=limit, cursor=at, listed_only=listed_only))
    return [[coupon.code for coupon in page.entries] for page in pages]


def test_coupons_come_in_pages(storage: Backend) -> None:
    """Each once, in order, the listed ones or all; the last page says that it is the last."""
    for number in range(7):
        storage.commit(AddCoupon(a_coupon(code=f"C-{number}", listed=number % 2 == 0)))
    assert _listed(storage, 3, listed_only=False) == [["C-0", "C-1", "C-2"], ["C-3", "C-4", "C-5"], ["C-6"]]
    assert _listed(storage, 3) == [["C-0", "C-2", "C-4"], ["C-6"]]
    assert _listed(storage, 4) == [["C-0", "C-2", "C-4", "C-6"]]


def _codes_in(cursor: str) -> str:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("examined", [1, 2, 50])
def test_a_list_for_everybody_gives_no_other_code_away(dynamo: DynamoBackend, limit: int, examined: int) -> None:
    """However many lie between two that are listed: a cursor can be read by whoever gets it."""
    listed = {"C-0", "C-3", "C-4"}
    for number in range(7):
        dynamo.commit(AddCoupon(a_coupon(code=f"C-{number}", listed=f"C-{number}" in listed)))
    repo = DynamoCouponRepo(dynamo.table, dynamo.telemetry, examined=examined)
    pages = list(every_page(lambda at: repo.page(limit=limit, cursor=at, listed_only=True)))
    assert [coupon.code for page in pages for coupon in page.entries] == sorted(listed)
    assert {_codes_in(page.cursor) for page in pages if page.cursor} <= listed


def test_a_list_for_everybody_ends_where_too_many_are_not_listed(dynamo: DynamoBackend) -> None:
    """What anybody may ask for costs only so much, and the end names nobody's code."""
    for number in range(8):
        dynamo.commit(AddCoupon(a_coupon(code=f"C-{number}", listed=number in (1, 7))))
    repo = DynamoCouponRepo(dynamo.table, dynamo.telemetry, examined=1)
    pages = list(every_page(lambda at: repo.page(limit=5, cursor=at, listed_only=True)))
    assert [[coupon.code for coupon in page.entries] for page in pages] == [["C-1"], []]
    assert [page.cursor and _codes_in(page.cursor) for page in pages] == ["C-1", None]


@pytest.mark.parametrize("cursor", ["", "x", "Q09VUE9OIw", "after:#", "%23"])
def test_a_cursor_that_no_page_gave_is_refused(storage: Backend, cursor: str) -> None:
    """Rather than read from somewhere else."""
    with pytest.raises(InvalidValue):
        storage.coupons.page(limit=3, cursor=cursor)


@pytest.mark.parametrize("shape", [{}, SHARDED])
def test_a_code_is_issued_once(storage: Backend, shape: dict[str, Any]) -> None:
    """A second coupon by the same code is refused, once, and the first stays as it is."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(_take(coupon))
    assert _kinds(storage.conflicts(AddCoupon(a_coupon(**shape, name="Other")))) == [CouponExists]


def test_a_new_coupon_starts_at_zero(storage: Backend) -> None:
    """Whatever its issuer claims, nobody has used it yet."""
    storage.commit(AddCoupon(a_coupon(current_uses=7)))
    assert _uses(storage) == 0


@pytest.mark.parametrize("shape", [{"max_uses": 2}, {"max_uses": 4, "shards": 2}])
def test_fault_60_the_last_use_is_the_last(storage: Backend, shape: dict[str, Any]) -> None:
    """A counter takes exactly as many uses as it may, and is refused from then on."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(_take(coupon))
    storage.commit(_take(coupon))
    assert _kinds(storage.conflicts(_take(coupon))) == [CouponExhausted]
    assert _uses(storage) == 2


def test_the_shards_share_the_limit(storage: Backend) -> None:
    """Five uses over two counters are three and two, and five in all."""
    coupon = a_coupon(**SHARDED)
    storage.commit(AddCoupon(coupon))
    for shard in (0, 0, 0, 1, 1):
        storage.commit(_take(coupon, shard))
    assert _kinds(storage.conflicts(_take(coupon, 0))) == [CouponExhausted]
    assert _kinds(storage.conflicts(_take(coupon, 1))) == [CouponExhausted]
    assert _uses(storage) == 5


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"active": False}, CouponInactive),
        ({"valid_from": NOW + timedelta(seconds=1)}, CouponNotYetValid),
        ({"valid_until": NOW}, CouponExpired),
        ({"active": False, "valid_until": NOW}, CouponInactive),
    ],
)
def test_a_coupon_that_does_not_apply_is_not_taken(
    storage: Backend, changes: dict[str, Any], refused: type[DomainError]
) -> None:
    """Switched off, too early or too late: the refusal says which."""
    storage.commit(AddCoupon(a_coupon(**changes)))
    assert _kinds(storage.conflicts(_take(a_coupon()))) == [refused]


@pytest.mark.parametrize("changes", [{"valid_from": NOW}, {"valid_until": NOW + timedelta(seconds=1)}])
def test_a_coupon_is_valid_from_its_first_to_before_its_last_moment(storage: Backend, changes: dict[str, Any]) -> None:
    """The window includes its beginning and excludes its end."""
    storage.commit(AddCoupon(a_coupon(**changes)))
    storage.commit(_take(a_coupon()))
    assert _uses(storage) == 1


def test_a_coupon_that_nobody_issued_is_not_taken(storage: Backend) -> None:
    """Counting makes no coupon."""
    assert _kinds(storage.conflicts(_take(a_coupon()))) == [CouponNotFound]
    assert _kinds(storage.conflicts(ReleaseCoupon(a_coupon().hold()))) == [CouponUseChanged]


@pytest.mark.parametrize("shape", [{}, SHARDED])
def test_uses_come_back_and_never_below_zero(storage: Backend, shape: dict[str, Any]) -> None:
    """What was taken can be returned once."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(_take(coupon))
    storage.commit(ReleaseCoupon(coupon.hold()))
    assert _kinds(storage.conflicts(ReleaseCoupon(coupon.hold()))) == [CouponUseChanged]
    assert _uses(storage) == 0


def test_fault_62_one_use_per_student(storage: Backend) -> None:
    """A second session of the same student cannot use the coupon; another student can."""
    coupon = a_coupon()
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(a_session_with(coupon), coupon))
    second = a_session_with(coupon, payment_session_id="ps_2", course_id="c-2")
    assert _kinds(storage.conflicts(*reserve(second, coupon))) == [CouponAlreadyUsed]
    storage.commit(*reserve(evolve(second, user_id="user-2"), coupon))
    assert _uses(storage) == 2


@pytest.mark.parametrize("shape", [{}, SHARDED, {"max_uses": None}])
def test_fault_69_a_release_gives_the_use_back_once(storage: Backend, shape: dict[str, Any]) -> None:
    """After a release the use is free again; releasing once more is refused and returns nothing."""
    coupon = a_coupon(**shape)
    session = a_session_with(coupon)
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(session, coupon))
    storage.commit(*release(session, session.released(Status.CANCELLED, later())))
    assert _uses(storage) == 0
    refused = storage.conflicts(*release(session, session.released(Status.CANCELLED, later())))
    assert refused[0].code == "payment_session_moved"
    assert CouponUseChanged in _kinds(refused)
    storage.commit(*reserve(evolve(session, payment_session_id="ps_2"), coupon))


@pytest.mark.parametrize("shape", [{}, SHARDED, {"max_uses": None}])
def test_a_paid_session_redeems_its_use(storage: Backend, shape: dict[str, Any]) -> None:
    """A redeemed use stays counted, and can be neither dropped nor redeemed again."""
    coupon = a_coupon(**shape)
    session = a_session_with(coupon)
    storage.students.add(a_student())
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(session, coupon))
    storage.commit(*fulfil(session, session.completed(paid(session), later()), paid(session)))
    assert _uses(storage) == (0 if coupon.max_uses is None else 1)
    for write in (ReleaseCouponUse(session, coupon.hold()), RedeemCouponUse(session, coupon.hold())):
        assert _kinds(storage.conflicts(write)) == [CouponUseChanged]


def test_another_sessions_use_is_left_alone(storage: Backend) -> None:
    """Only the session that holds a use can redeem or drop it."""
    coupon = a_coupon()
    storage.commit(HoldCouponUse(a_session_with(coupon), coupon.hold()))
    other = a_session_with(coupon, payment_session_id="ps_2")
    for write in (ReleaseCouponUse(other, coupon.hold()), RedeemCouponUse(other, coupon.hold())):
        assert _kinds(storage.conflicts(write)) == [CouponUseChanged]


def test_fault_54_a_coupon_that_leaves_nothing_to_pay_is_redeemed_at_once(storage: Backend) -> None:
    """Enrollment, session and redeemed use come together, and nothing stays held."""
    coupon = a_coupon(discount_value=Decimal(100))
    session = a_session_with(coupon, status=Status.COMPLETED, due_at=None, completed_at=NOW)
    storage.commit(AddCoupon(coupon))
    storage.commit(*enroll_by_coupon(session, coupon))
    assert storage.enrollments.find("user-1", "course-1") == session.enrollment()
    assert _kinds(storage.conflicts(ReleaseCouponUse(session, coupon.hold()))) == [CouponUseChanged]
    assert _uses(storage) == 1


def test_refusals_of_a_reservation_come_in_the_order_of_its_writes(storage: Backend) -> None:
    """A used-up coupon and a use that is taken are both named, the counter first."""
    coupon = a_coupon(max_uses=1)
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(a_session_with(coupon), coupon))
    second = a_session_with(coupon, payment_session_id="ps_2", course_id="c-2")
    assert _kinds(storage.conflicts(*reserve(second, coupon))) == [CouponExhausted, CouponAlreadyUsed]


@pytest.mark.parametrize("shape", [{}, SHARDED])
def test_new_terms_leave_the_counters_alone(storage: Backend, shape: dict[str, Any]) -> None:
    """Name, limit and dates change, the uses do not; a date that is taken away is gone."""
    coupon = a_coupon(**shape, valid_until=later(99))
    storage.commit(AddCoupon(coupon))
    storage.commit(_take(coupon))
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
        storage.commit(_take(coupon, shard))
    assert _kinds(storage.conflicts(ChangeCoupon(coupon, evolve(coupon, max_uses=2)))) == [CouponLimitTooLow]
    storage.commit(ChangeCoupon(coupon, evolve(coupon, max_uses=3)))


@pytest.mark.parametrize("shape", [{"max_uses": 5}, SHARDED])
def test_the_limit_that_a_use_is_taken_under_binds_too(storage: Backend, shape: dict[str, Any]) -> None:
    """Whoever read a lower limit than there is now takes no more than that."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(ReserveCoupon(coupon.hold(), 1, NOW))
    assert _kinds(storage.conflicts(ReserveCoupon(coupon.hold(), 1, NOW))) == [CouponExhausted]


@pytest.mark.parametrize("shape", [{"max_uses": 5}, SHARDED])
def test_a_lowered_limit_holds_for_whoever_read_the_old_one(storage: Backend, shape: dict[str, Any]) -> None:
    """A reservation on its way when the limit came down does not exceed it."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(ChangeCoupon(coupon, evolve(coupon, max_uses=1)))
    storage.commit(_take(coupon))
    assert _kinds(storage.conflicts(_take(coupon))) == [CouponExhausted]


@pytest.mark.parametrize("shape", [{}, SHARDED])
def test_terms_of_a_coupon_that_nobody_issued_make_none(storage: Backend, shape: dict[str, Any]) -> None:
    """Changing makes no coupon."""
    assert CouponNotFound in _kinds(storage.conflicts(ChangeCoupon(a_coupon(**shape), a_coupon(**shape, active=False))))
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
    assert _kinds(storage.conflicts(ChangeCoupon(read, changed))) == [CouponNotFound]


@pytest.mark.parametrize("shards", [1, 2])
def test_no_limit_for_a_coupon_that_is_gone_makes_one(storage: Backend, shards: int) -> None:
    """It had none when it was read, and what is not there has none either."""
    read = a_coupon(max_uses=None, shards=shards)
    assert _kinds(storage.conflicts(ChangeCoupon(read, evolve(read, max_uses=6)))) == [CouponNotFound]
    assert storage.coupons.find("SPRING") is None


def test_a_limit_is_not_lifted_by_who_read_another(storage: Backend) -> None:
    """Nobody undoes a lower limit without knowing of it."""
    read = a_coupon(max_uses=10)
    storage.commit(AddCoupon(read))
    storage.commit(ChangeCoupon(read, evolve(read, max_uses=5)))
    assert _kinds(storage.conflicts(ChangeCoupon(read, evolve(read, max_uses=None)))) == [ChangedMeanwhile]


@pytest.mark.parametrize(
    "change", [change for change in CHANGES if change.keys() & OLD.keys()] + CHANGES[:1] + CHANGES[3:6]
)
def test_of_two_who_change_the_same_term_the_second_is_told(storage: Backend, change: dict[str, Any]) -> None:
    """Nobody undoes a change without knowing of it."""
    read = a_coupon(**OLD, name="Old")
    storage.commit(AddCoupon(read))
    changed = evolve(read, **change)
    storage.commit(ChangeCoupon(read, changed))
    (name,) = change
    third: dict[str, Any] = {"name": "Third", "active": False, "listed": True, "max_uses": 30, "description": "Third"}
    third |= {"valid_from": later(-40), "valid_until": later(40), "minimum_amount": 7, "maximum_discount": 9}
    third |= {"course_ids": frozenset({"c-3"})}
    assert _kinds(storage.conflicts(ChangeCoupon(read, evolve(read, **{name: third[name]})))) == [ChangedMeanwhile]
    assert storage.coupons.find("SPRING") == changed


@pytest.mark.parametrize(("first", "second"), [("valid_from", "valid_until"), ("valid_until", "valid_from")])
def test_two_who_change_the_ends_of_a_period_do_not_cross(storage: Backend, first: str, second: str) -> None:
    """A coupon that ended before it began could not be read any more."""
    read = a_coupon(valid_from=later(10), valid_until=later(20))
    storage.commit(AddCoupon(read))
    crossing: dict[str, Any] = {"valid_from": later(19), "valid_until": later(11)}
    storage.commit(ChangeCoupon(read, evolve(read, **{first: crossing[first]})))
    assert _kinds(storage.conflicts(ChangeCoupon(read, evolve(read, **{second: crossing[second]})))) == [
        ChangedMeanwhile
    ]


def test_nothing_changes_where_nothing_differs(storage: Backend) -> None:
    """And nobody stands in the way of that."""
    coupon = a_coupon()
    storage.commit(AddCoupon(coupon))
    storage.commit(ChangeCoupon(evolve(coupon, name="x"), evolve(coupon, name="x", current_uses=7)))
    assert storage.coupons.find("SPRING") == coupon
    assert _kinds(storage.conflicts(ChangeCoupon(a_coupon(code="NONE"), a_coupon(code="NONE")))) == [CouponNotFound]


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
        storage.commit(_take(coupon, shard))
    for limit in range(1, least):
        (refusal,) = storage.conflicts(ChangeCoupon(coupon, evolve(coupon, max_uses=limit)))
        assert isinstance(refusal, CouponLimitTooLow)
        assert f"cannot be below {least} now" in str(refusal)
    storage.commit(ChangeCoupon(coupon, evolve(coupon, max_uses=least)))


def test_a_change_beside_the_limit_asks_no_counter(storage: Backend) -> None:
    """A coupon whose counter is above its limit, as after a mistake by hand, can still be switched off."""
    coupon = a_coupon(max_uses=2)
    storage.commit(AddCoupon(coupon))
    storage.commit(_take(coupon))
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
    assert _uses(storage) == 2
    assert _kinds(storage.conflicts(CorrectCouponCounter(**wrong, before=0, after=1))) == [ChangedMeanwhile]
    storage.commit(CorrectCouponCounter(**wrong, before=2, after=0))
    assert _uses(storage) == 0
    storage.commit(_take(coupon, shard))
    assert _kinds(storage.conflicts(CorrectCouponCounter(**wrong, before=0, after=0))) == [ChangedMeanwhile]


@pytest.mark.parametrize("sharded", [False, True])
def test_a_counter_that_is_not_there_is_not_made(storage: Backend, sharded: bool) -> None:
    """Nobody issued such a coupon."""
    correction = CorrectCouponCounter(code="SPRING", shard=0, sharded=sharded, before=0, after=3)
    assert _kinds(storage.conflicts(correction)) == [ChangedMeanwhile]


@pytest.mark.parametrize("redeemed", [False, True])
def test_a_redeemed_use_is_given_back_where_the_payment_was(storage: Backend, redeemed: bool) -> None:
    """After a full refund the student stands as before, whether the use was redeemed or only held."""
    coupon = a_coupon()
    session = a_session_with(coupon)
    storage.commit(HoldCouponUse(session, coupon.hold(), redeemed))
    other = a_session_with(coupon, payment_session_id="ps_2")
    assert _kinds(storage.conflicts(ReleaseCouponUse(other, coupon.hold(), redeemed=True))) == [CouponUseChanged]
    storage.commit(ReleaseCouponUse(session, coupon.hold(), redeemed=True))
    storage.commit(HoldCouponUse(other, coupon.hold()))
    assert _kinds(storage.conflicts(ReleaseCouponUse(session, coupon.hold(), redeemed=True))) == [CouponUseChanged]


def test_a_conflict_says_which_write_failed(storage: Backend) -> None:
    """In the order of the writes, so that what hangs on a payment can be left out alone."""
    coupon = a_coupon()
    storage.commit(AddCoupon(coupon))
    session = a_session_with(coupon)
    writes = (ReleaseCoupon(coupon.hold()), AddEnrollment(an_enrollment()), ReleaseCouponUse(session, coupon.hold()))
    with pytest.raises(TransactionConflict) as conflict:
        storage.commit(*writes)
    assert conflict.value.writes == (writes[0], writes[2])
    assert _kinds(conflict.value.conflicts) == [CouponUseChanged, CouponUseChanged]
