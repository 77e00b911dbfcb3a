"""The school's coupons."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from domain.coupons import Coupon
from domain.paging import Page


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

    def page(self, *, limit: int, cursor: str | None = None, listed_only: bool = False) -> Page[Coupon]:
        """Up to ``limit`` coupons by code, from ``cursor`` on; with ``listed_only`` those that the school shows to
        everybody. May lag behind the last write.

        A page may have fewer and still have a next one. A coupon that cannot be read is left out and reported to
        operations.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...

    def all(self) -> tuple[Coupon, ...]:
        """Every coupon ever issued, by code. Slow: for schedules and operators. May lag behind the last write."""
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
