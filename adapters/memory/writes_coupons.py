"""Writes about coupons: their counters, and who holds a use."""

from __future__ import annotations

from functools import partial

from attrs import evolve

from adapters.memory.plan import Plan, plan
from adapters.memory.store import CouponUse, Store
from domain.coupons import HeldCoupon
from domain.errors import CouponAlreadyUsed, CouponExhausted, CouponNotFound, CouponRefused, CouponUseChanged
from domain.payments import PaymentSession
from domain.writes import DropCouponUse, HoldCouponUse, RedeemCouponUse, ReturnCoupon, TakeCoupon


@plan.register
def _take(write: TakeCoupon, store: Store) -> Plan:
    held = write.coupon
    if held.sharded:
        count = store.shard_counters.get((held.code, held.shard), 0)
        return CouponExhausted() if count >= write.limit else partial(_count, store, held, count + 1)
    coupon = store.coupons.get(held.code)
    if coupon is None:
        return CouponNotFound()
    try:
        coupon.require_usable(write.at)
    except CouponRefused as refused:
        return refused
    if coupon.current_uses >= write.limit:
        return CouponExhausted()
    return partial(_count, store, held, coupon.current_uses + 1)


@plan.register
def _return(write: ReturnCoupon, store: Store) -> Plan:
    held = write.coupon
    coupon = store.coupons.get(held.code)
    if held.sharded:
        count = store.shard_counters.get((held.code, held.shard), 0)
    else:
        count = coupon.current_uses if coupon else 0
    return partial(_count, store, held, count - 1) if count > 0 else CouponUseChanged()


def _count(store: Store, held: HeldCoupon, count: int) -> None:
    if held.sharded:
        store.shard_counters[held.code, held.shard] = count
    else:
        store.coupons[held.code] = evolve(store.coupons[held.code], current_uses=count)


@plan.register
def _hold(write: HoldCouponUse, store: Store) -> Plan:
    key = (write.session.user_id, write.coupon.code)
    if key in store.coupon_uses:
        return CouponAlreadyUsed()
    use = CouponUse(
        payment_session_id=write.session.payment_session_id, shard=write.coupon.shard, redeemed=write.redeemed
    )
    return partial(store.coupon_uses.__setitem__, key, use)


@plan.register
def _redeem(write: RedeemCouponUse, store: Store) -> Plan:
    key = (write.session.user_id, write.coupon.code)
    use = _use_held_by(write.session, write.coupon, store)
    return (
        CouponUseChanged() if use is None else partial(store.coupon_uses.__setitem__, key, evolve(use, redeemed=True))
    )


@plan.register
def _drop(write: DropCouponUse, store: Store) -> Plan:
    key = (write.session.user_id, write.coupon.code)
    held = _use_held_by(write.session, write.coupon, store)
    return CouponUseChanged() if held is None else partial(store.coupon_uses.__delitem__, key)


def _use_held_by(session: PaymentSession, coupon: HeldCoupon, store: Store) -> CouponUse | None:
    use = store.coupon_uses.get((session.user_id, coupon.code))
    ours = use is not None and use.payment_session_id == session.payment_session_id and not use.redeemed
    return use if ours else None
