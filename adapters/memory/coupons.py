"""The school's coupons, in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.coupons import Coupon
from domain.ports.coupons import CouponRepo


@frozen
class MemoryCouponRepo(CouponRepo):
    """Reads coupons from the store."""

    store: Store

    def find(self, code: str) -> Coupon | None:
        """The coupon by its stored code, if any."""
        return self.store.coupons.get(code)
