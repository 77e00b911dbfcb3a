"""Coupons' uses in tests of the storage."""

from __future__ import annotations

from collections.abc import Iterable

from domain.coupons import Coupon
from domain.errors import DomainError
from domain.transactions.writes import ReserveCoupon
from tests.support.aws.backends import Backend
from tests.support.factories import NOW

SHARDED = {"max_uses": 5, "shards": 2}


def kinds(conflicts: Iterable[DomainError]) -> list[type[DomainError]]:
    """The classes of the conflicts."""
    return [type(refusal) for refusal in conflicts]


def uses(storage: Backend) -> int:
    """How many uses of the coupon are counted."""
    coupon = storage.coupons.find("SPRING")
    assert coupon is not None
    return coupon.current_uses


def take(coupon: Coupon, shard: int = 0) -> ReserveCoupon:
    """The write that takes one of its uses."""
    limit = coupon.shard_limit(shard)
    assert limit is not None
    return ReserveCoupon(coupon.hold(shard), limit, NOW)
