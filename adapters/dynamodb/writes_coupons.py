"""Writes about coupons: their counters, and who holds a use."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import Attributes
from adapters.dynamodb.codec import Item
from adapters.dynamodb.coupons import HELD, REDEEMED, coupon_from_item, coupon_item, coupon_shard_item, coupon_terms
from adapters.dynamodb.expressions import ABSENT, PRESENT, Condition, replacing
from adapters.dynamodb.keys import Key
from adapters.dynamodb.operations import Operation, delete, operation, put, update
from adapters.timestamps import iso
from domain.coupons import Coupon, HeldCoupon
from domain.errors import (
    ChangedMeanwhile,
    CouponAlreadyUsed,
    CouponExhausted,
    CouponExists,
    CouponLimitTooLow,
    CouponNotFound,
    CouponRefused,
    CouponUseChanged,
    DomainError,
)
from domain.transactions.writes import (
    AddCoupon,
    ChangeCoupon,
    CorrectCouponCounter,
    HoldCouponUse,
    RedeemCouponUse,
    ReleaseCoupon,
    ReleaseCouponUse,
    ReserveCoupon,
)

_HELD_BY_US = "#paymentSessionId = :ours AND #status = :held"

_USABLE = (
    f"{PRESENT}"
    " AND (attribute_not_exists(#active) OR #active = :yes)"
    " AND (attribute_not_exists(#validFrom) OR #validFrom <= :at)"
    " AND (attribute_not_exists(#validUntil) OR #validUntil > :at)"
)
# The limit that was read may have been lowered since: the counter's own word counts too.
_LEFT = (
    "attribute_not_exists(#currentUses)"
    " OR (#currentUses < :limit AND (attribute_not_exists(#maxUses) OR #currentUses < #maxUses))"
)
_ROOM = "(attribute_not_exists(#currentUses) OR #currentUses <= :limit)"
_PERIOD = frozenset({"validFrom", "validUntil"})
_WHERE_ABSENT: Item = {"name": "", "active": True, "listed": False, "courseIds": []}
_COUNT_ONE = "SET #currentUses = if_not_exists(#currentUses, :none) + :one"


@operation.register
def _add(write: AddCoupon) -> tuple[Operation, ...]:
    coupon = write.coupon
    return (
        put(coupon_item(coupon), ABSENT, _exists),
        *(put(coupon_shard_item(coupon, shard), ABSENT, _exists) for shard in _shards(coupon)),
    )


@operation.register
def _change(write: ChangeCoupon) -> tuple[Operation, ...]:
    before, after = coupon_terms(write.before), coupon_terms(write.after)
    changed = {name: value for name, value in after.items() if value != before[name]}
    # A coupon ends after it begins: whoever changes one of the two has decided with the other.
    decided_with = changed.keys() | (_PERIOD if changed.keys() & _PERIOD else frozenset())
    as_read = {name: before[name] for name in sorted(decided_with)}
    shards = _shards(write.after) if "maxUses" in changed else range(0)
    condition = Condition().also(PRESENT)
    for name, value in as_read.items():
        condition.same(name, value, absent=_WHERE_ABSENT.get(name))
    if changed.get("maxUses") is not None and not shards:
        condition.also(_ROOM, {":limit": changed["maxUses"]})

    def conflict(found: Item | None) -> DomainError:
        if found is None:
            return CouponNotFound()
        stored = coupon_terms(coupon_from_item(found))
        is_as_read = all(stored[name] == value for name, value in as_read.items())
        return CouponLimitTooLow.for_counters({0: _uses(found)}, 1) if is_as_read else ChangedMeanwhile()

    expression, values = replacing(changed)
    key = keys.coupon(write.after.code)
    terms = update(key, expression, condition=condition.expression, values=values | condition.values, conflict=conflict)
    return (terms, *(_change_shard(write.after, shard) for shard in shards))


def _change_shard(coupon: Coupon, shard: int) -> Operation:
    limit = coupon.shard_limit(shard)
    key = keys.coupon_shard(coupon.code, shard)
    if limit is None:
        return update(key, "REMOVE #maxUses", condition="", values={})
    return update(
        key,
        "SET #maxUses = :limit",
        condition=_ROOM,
        values={":limit": limit},
        conflict=lambda found: CouponLimitTooLow.for_counters({shard: _uses(found or {})}, coupon.shards),
    )


@operation.register
def _correct(write: CorrectCouponCounter) -> Operation:
    held = HeldCoupon(code=write.code, shard=write.shard, sharded=write.sharded)
    condition = Condition().also(PRESENT).same("currentUses", write.before, absent=0)
    return update(
        _counter(held),
        "SET #currentUses = :counted",
        condition=condition.expression,
        values=condition.values | {":counted": write.after},
        conflict=lambda _found: ChangedMeanwhile(),
    )


def _uses(item: Item) -> int:
    return Attributes(item).maybe_integer("currentUses") or 0


@operation.register
def _reserve(write: ReserveCoupon) -> Operation:
    taken = {":none": 0, ":one": 1, ":limit": write.limit}
    if write.coupon.sharded:
        # The coupon itself is not asked: one item in every transaction is the hot item that shards are there to avoid.
        return update(
            _counter(write.coupon), _COUNT_ONE, condition=_LEFT, values=taken, conflict=lambda _found: CouponExhausted()
        )

    def conflict(found: Item | None) -> DomainError:
        if found is None:
            return CouponNotFound()
        try:
            coupon_from_item(found).require_usable(write.at)
        except CouponRefused as conflict:
            return conflict
        return CouponExhausted()

    return update(
        keys.coupon(write.coupon.code),
        _COUNT_ONE,
        condition=f"{_USABLE} AND ({_LEFT})",
        values=taken | {":yes": True, ":at": iso(write.at)},
        conflict=conflict,
    )


@operation.register
def _release(write: ReleaseCoupon) -> Operation:
    return update(
        _counter(write.coupon),
        "SET #currentUses = #currentUses - :one",
        condition="#currentUses > :none",
        values={":none": 0, ":one": 1},
        conflict=_changed,
    )


@operation.register
def _hold_use(write: HoldCouponUse) -> Operation:
    session, coupon = write.session, write.coupon
    use = {
        **keys.coupon_use(session.user_id, coupon.code).attributes,
        **keys.coupon_use_index(session.user_id, coupon.code, coupon.shard),
        "paymentSessionId": session.payment_session_id,
        "userId": session.user_id,
        "courseId": session.course_id,
        "status": REDEEMED if write.redeemed else HELD,
        "createdAt": iso(session.created_at),
    }
    return put(use, ABSENT, lambda _found: CouponAlreadyUsed())


@operation.register
def _redeem_use(write: RedeemCouponUse) -> Operation:
    return update(
        keys.coupon_use(write.session.user_id, write.coupon.code),
        "SET #status = :redeemed",
        condition=_HELD_BY_US,
        values=_us(write) | {":redeemed": REDEEMED},
        conflict=_changed,
    )


@operation.register
def _release_use(write: ReleaseCouponUse) -> Operation:
    key = keys.coupon_use(write.session.user_id, write.coupon.code)
    if not write.redeemed:
        return delete(key, condition=_HELD_BY_US, values=_us(write), conflict=_changed)
    ours = {":ours": write.session.payment_session_id}
    return delete(key, condition="#paymentSessionId = :ours", values=ours, conflict=_changed)


def _us(write: RedeemCouponUse | ReleaseCouponUse) -> dict[str, object]:
    return {":ours": write.session.payment_session_id, ":held": HELD}


def _shards(coupon: Coupon) -> range:
    return range(coupon.shards if coupon.shards > 1 else 0)


def _counter(coupon: HeldCoupon) -> Key:
    return keys.coupon_shard(coupon.code, coupon.shard) if coupon.sharded else keys.coupon(coupon.code)


def _changed(_found: Item | None) -> DomainError:
    return CouponUseChanged()


def _exists(_found: Item | None) -> DomainError:
    return CouponExists()
