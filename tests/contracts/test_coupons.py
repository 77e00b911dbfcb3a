"""Coupons: their counters, and the one use per student, in memory and in DynamoDB."""

from __future__ import annotations

import base64
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from adapters.dynamodb.coupons import DynamoCouponRepo
from domain.coupons import Coupon, DiscountType
from domain.errors import (
    CouponAlreadyUsed,
    CouponExhausted,
    CouponExists,
    CouponExpired,
    CouponInactive,
    CouponNotFound,
    CouponNotYetValid,
    CouponUseChanged,
    DomainError,
    InvalidValue,
)
from domain.paging import every_page
from domain.payments.states import Status
from domain.transactions.payments import enroll_by_coupon, fulfil, release, reserve
from domain.transactions.writes import (
    AddCoupon,
    HoldCouponUse,
    RedeemCouponUse,
    ReleaseCoupon,
    ReleaseCouponUse,
)
from tests.support.aws.backends import Backend, DynamoBackend
from tests.support.coupon_uses import SHARDED, kinds, take, uses
from tests.support.factories import NOW, a_coupon, a_session_with, a_student, later, paid


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
    storage.commit(take(coupon))
    assert kinds(storage.conflicts(AddCoupon(a_coupon(**shape, name="Other")))) == [CouponExists]


def test_a_new_coupon_starts_at_zero(storage: Backend) -> None:
    """Whatever its issuer claims, nobody has used it yet."""
    storage.commit(AddCoupon(a_coupon(current_uses=7)))
    assert uses(storage) == 0


@pytest.mark.parametrize("shape", [{"max_uses": 2}, {"max_uses": 4, "shards": 2}])
def test_fault_60_the_last_use_is_the_last(storage: Backend, shape: dict[str, Any]) -> None:
    """A counter takes exactly as many uses as it may, and is refused from then on."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(take(coupon))
    storage.commit(take(coupon))
    assert kinds(storage.conflicts(take(coupon))) == [CouponExhausted]
    assert uses(storage) == 2


def test_the_shards_share_the_limit(storage: Backend) -> None:
    """Five uses over two counters are three and two, and five in all."""
    coupon = a_coupon(**SHARDED)
    storage.commit(AddCoupon(coupon))
    for shard in (0, 0, 0, 1, 1):
        storage.commit(take(coupon, shard))
    assert kinds(storage.conflicts(take(coupon, 0))) == [CouponExhausted]
    assert kinds(storage.conflicts(take(coupon, 1))) == [CouponExhausted]
    assert uses(storage) == 5


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
    assert kinds(storage.conflicts(take(a_coupon()))) == [refused]


@pytest.mark.parametrize("changes", [{"valid_from": NOW}, {"valid_until": NOW + timedelta(seconds=1)}])
def test_a_coupon_is_valid_from_its_first_to_before_its_last_moment(storage: Backend, changes: dict[str, Any]) -> None:
    """The window includes its beginning and excludes its end."""
    storage.commit(AddCoupon(a_coupon(**changes)))
    storage.commit(take(a_coupon()))
    assert uses(storage) == 1


def test_a_coupon_that_nobody_issued_is_not_taken(storage: Backend) -> None:
    """Counting makes no coupon."""
    assert kinds(storage.conflicts(take(a_coupon()))) == [CouponNotFound]
    assert kinds(storage.conflicts(ReleaseCoupon(a_coupon().hold()))) == [CouponUseChanged]


@pytest.mark.parametrize("shape", [{}, SHARDED])
def test_uses_come_back_and_never_below_zero(storage: Backend, shape: dict[str, Any]) -> None:
    """What was taken can be returned once."""
    coupon = a_coupon(**shape)
    storage.commit(AddCoupon(coupon))
    storage.commit(take(coupon))
    storage.commit(ReleaseCoupon(coupon.hold()))
    assert kinds(storage.conflicts(ReleaseCoupon(coupon.hold()))) == [CouponUseChanged]
    assert uses(storage) == 0


def test_fault_62_one_use_per_student(storage: Backend) -> None:
    """A second session of the same student cannot use the coupon; another student can."""
    coupon = a_coupon()
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(a_session_with(coupon), coupon))
    second = a_session_with(coupon, payment_session_id="ps_2", course_id="c-2")
    assert kinds(storage.conflicts(*reserve(second, coupon))) == [CouponAlreadyUsed]
    storage.commit(*reserve(evolve(second, user_id="user-2"), coupon))
    assert uses(storage) == 2


@pytest.mark.parametrize("shape", [{}, SHARDED, {"max_uses": None}])
def test_fault_69_a_release_gives_the_use_back_once(storage: Backend, shape: dict[str, Any]) -> None:
    """After a release the use is free again; releasing once more is refused and returns nothing."""
    coupon = a_coupon(**shape)
    session = a_session_with(coupon)
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(session, coupon))
    storage.commit(*release(session, session.released(Status.CANCELLED, later())))
    assert uses(storage) == 0
    refused = storage.conflicts(*release(session, session.released(Status.CANCELLED, later())))
    assert refused[0].code == "payment_session_moved"
    assert CouponUseChanged in kinds(refused)
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
    assert uses(storage) == (0 if coupon.max_uses is None else 1)
    for write in (ReleaseCouponUse(session, coupon.hold()), RedeemCouponUse(session, coupon.hold())):
        assert kinds(storage.conflicts(write)) == [CouponUseChanged]


def test_another_sessions_use_is_left_alone(storage: Backend) -> None:
    """Only the session that holds a use can redeem or drop it."""
    coupon = a_coupon()
    storage.commit(HoldCouponUse(a_session_with(coupon), coupon.hold()))
    other = a_session_with(coupon, payment_session_id="ps_2")
    for write in (ReleaseCouponUse(other, coupon.hold()), RedeemCouponUse(other, coupon.hold())):
        assert kinds(storage.conflicts(write)) == [CouponUseChanged]


def test_fault_54_a_coupon_that_leaves_nothing_to_pay_is_redeemed_at_once(storage: Backend) -> None:
    """Enrollment, session and redeemed use come together, and nothing stays held."""
    coupon = a_coupon(discount_value=Decimal(100))
    session = a_session_with(coupon, status=Status.COMPLETED, due_at=None, completed_at=NOW)
    storage.commit(AddCoupon(coupon))
    storage.commit(*enroll_by_coupon(session, coupon))
    assert storage.enrollments.find("user-1", "course-1") == session.enrollment()
    assert kinds(storage.conflicts(ReleaseCouponUse(session, coupon.hold()))) == [CouponUseChanged]
    assert uses(storage) == 1


def test_refusals_of_a_reservation_come_in_the_order_of_its_writes(storage: Backend) -> None:
    """A used-up coupon and a use that is taken are both named, the counter first."""
    coupon = a_coupon(max_uses=1)
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(a_session_with(coupon), coupon))
    second = a_session_with(coupon, payment_session_id="ps_2", course_id="c-2")
    assert kinds(storage.conflicts(*reserve(second, coupon))) == [CouponExhausted, CouponAlreadyUsed]
