"""Writes about coupons: their counters, and who holds a use."""

from __future__ import annotations

from functools import partial

from attrs import evolve

from adapters.memory.plan import Plan, plan
from adapters.memory.store import CouponUse, Store
from domain.coupons import HeldCoupon
from domain.errors import (
    ChangedMeanwhile,
    CouponAlreadyUsed,
    CouponExhausted,
    CouponExists,
    CouponLimitTooLow,
    CouponNotFound,
    CouponRefused,
    CouponUseChanged,
)
from domain.payments.session import PaymentSession
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

_TERMS = (
    "name",
    "description",
    "max_uses",
    "active",
    "listed",
    "valid_from",
    "valid_until",
    "minimum_amount",
    "maximum_discount",
    "course_ids",
)
_PERIOD = frozenset({"valid_from", "valid_until"})


@plan.register
def _add(write: AddCoupon, store: Store) -> Plan:
    coupon = write.coupon
    if coupon.code in store.coupons:
        return CouponExists()
    return partial(store.coupons.__setitem__, coupon.code, evolve(coupon, current_uses=0))


@plan.register
def _change(write: ChangeCoupon, store: Store) -> Plan:
    found = store.coupons.get(write.before.code)
    if found is None:
        return CouponNotFound()
    names = [name for name in _TERMS if getattr(write.before, name) != getattr(write.after, name)]
    # A coupon ends after it begins: whoever changes one of the two has decided with the other.
    compared = {*names, *(_PERIOD if not _PERIOD.isdisjoint(names) else ())}
    if any(getattr(found, name) != getattr(write.before, name) for name in compared):
        return ChangedMeanwhile()
    changed = evolve(found, **{name: getattr(write.after, name) for name in names})
    counts = {shard: _uses(changed.hold(shard), store) for shard in range(found.shards)}
    above = {shard: count for shard, count in counts.items() if _is_above(count, changed.shard_limit(shard))}
    if above and "max_uses" in names:
        return CouponLimitTooLow.for_counters(above, found.shards)
    return partial(store.coupons.__setitem__, found.code, changed)


def _is_above(count: int, limit: int | None) -> bool:
    return limit is not None and count > limit


@plan.register
def _correct(write: CorrectCouponCounter, store: Store) -> Plan:
    held = HeldCoupon(code=write.code, shard=write.shard, sharded=write.sharded)
    if write.code not in store.coupons or _uses(held, store) != write.before:
        return ChangedMeanwhile()
    return partial(_count, store, held, write.after)


@plan.register
def _reserve(write: ReserveCoupon, store: Store) -> Plan:
    held, coupon = write.coupon, store.coupons.get(write.coupon.code)
    if not held.sharded:
        if coupon is None:
            return CouponNotFound()
        try:
            coupon.require_usable(write.at)
        except CouponRefused as conflict:
            return conflict
    # The limit that was read may have been lowered since: the coupon's own word counts too.
    limits = (write.limit, coupon.shard_limit(held.shard) if coupon else None)
    uses = _uses(held, store)
    if any(limit is not None and uses >= limit for limit in limits):
        return CouponExhausted()
    return partial(_count, store, held, uses + 1)


@plan.register
def _release(write: ReleaseCoupon, store: Store) -> Plan:
    uses = _uses(write.coupon, store)
    return partial(_count, store, write.coupon, uses - 1) if uses > 0 else CouponUseChanged()


def _uses(held: HeldCoupon, store: Store) -> int:
    if held.sharded:
        return store.shard_counters.get((held.code, held.shard), 0)
    return store.coupons[held.code].current_uses if held.code in store.coupons else 0


def _count(store: Store, held: HeldCoupon, count: int) -> None:
    if held.sharded:
        store.shard_counters[held.code, held.shard] = count
    else:
        store.coupons[held.code] = evolve(store.coupons[held.code], current_uses=count)


@plan.register
def _hold_use(write: HoldCouponUse, store: Store) -> Plan:
    key = (write.session.user_id, write.coupon.code)
    if key in store.coupon_uses:
        return CouponAlreadyUsed()
    use = CouponUse(
        payment_session_id=write.session.payment_session_id, shard=write.coupon.shard, redeemed=write.redeemed
    )
    return partial(store.coupon_uses.__setitem__, key, use)


@plan.register
def _redeem_use(write: RedeemCouponUse, store: Store) -> Plan:
    key = (write.session.user_id, write.coupon.code)
    use = _use_held_by(write.session, write.coupon, store)
    return (
        CouponUseChanged() if use is None else partial(store.coupon_uses.__setitem__, key, evolve(use, redeemed=True))
    )


@plan.register
def _release_use(write: ReleaseCouponUse, store: Store) -> Plan:
    key = (write.session.user_id, write.coupon.code)
    held = _use_of(write.session, write.coupon, store)
    if held is None or (held.redeemed and not write.redeemed):
        return CouponUseChanged()
    return partial(store.coupon_uses.__delitem__, key)


def _use_held_by(session: PaymentSession, coupon: HeldCoupon, store: Store) -> CouponUse | None:
    use = _use_of(session, coupon, store)
    return None if use is None or use.redeemed else use


def _use_of(session: PaymentSession, coupon: HeldCoupon, store: Store) -> CouponUse | None:
    use = store.coupon_uses.get((session.user_id, coupon.code))
    return use if use is not None and use.payment_session_id == session.payment_session_id else None
