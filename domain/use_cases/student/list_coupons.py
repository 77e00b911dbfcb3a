"""The coupons that the school shows to everybody."""

from __future__ import annotations

from attrs import frozen

from domain.coupons import Coupon
from domain.errors import CouponRefused
from domain.paging import Page
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo

MOST_PAGES = 4
"""Pages that are read for one answer where most coupons do not work today."""


@frozen(kw_only=True)
class ListUsableCoupons:
    """Lists the coupons that are shown to everybody and work now: active, begun, not over, not used up."""

    coupons: CouponRepo
    clock: Clock

    def __call__(self, *, limit: int, cursor: str | None = None) -> Page[Coupon]:
        """Up to ``limit`` of them by code. A page may have fewer and still have a next one.

        Raises:
            InvalidValue: the cursor is not one that this use case gave.
        """
        usable: list[Coupon] = []
        for _ in range(MOST_PAGES):
            page = self.coupons.page(limit=limit - len(usable), cursor=cursor, listed_only=True)
            usable += [coupon for coupon in page.entries if self._works(coupon)]
            cursor = page.cursor
            if cursor is None or len(usable) == limit:
                break
        return Page(tuple(usable), cursor)

    def _works(self, coupon: Coupon) -> bool:
        try:
            coupon.require_usable(self.clock.now())
        except CouponRefused:
            return False
        return coupon.max_uses is None or coupon.current_uses < coupon.max_uses
