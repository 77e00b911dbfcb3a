"""The school's coupons."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from domain.coupons import Coupon


@frozen(kw_only=True)
class CouponCounter:
    """One counter of a coupon: what it says, how many uses there are, and how many of these a live session holds."""

    shard: int
    sharded: bool
    counted: int
    found: int
    held: int


class CouponRepo(Protocol):
    """Reads coupons. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def listed(self) -> tuple[Coupon, ...]:
        """The coupons that the school shows to everybody, by code. May lag behind the last write."""
        ...

    def all(self) -> tuple[Coupon, ...]:
        """Every coupon ever issued, by code. May lag behind the last write."""
        ...

    def count_uses(self, code: str) -> int:
        """How many uses of the coupon are held or redeemed, counted one by one. Slow. May lag behind the last write."""
        ...

    def counters(self, code: str) -> tuple[CouponCounter, ...]:
        """Every counter of the coupon beside the uses that it counts, which may lag behind the last write. Slow."""
        ...

    def find(self, code: str) -> Coupon | None:
        """The coupon by its stored code, if any, seeing every write that came before."""
        ...
