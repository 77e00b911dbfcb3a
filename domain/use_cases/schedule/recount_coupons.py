"""Every night: count coupon uses one by one and compare with their counters."""

from __future__ import annotations

from attrs import frozen

from domain.ports.coupons import CouponRepo
from domain.ports.telemetry import Signal, Telemetry


@frozen(kw_only=True)
class Recount:
    """A coupon whose counter differs from its uses."""

    code: str
    counted: int
    found: int


@frozen(kw_only=True)
class RecountCoupons:
    """Reports counters that drifted. It corrects none, since people may buy while it counts."""

    coupons: CouponRepo
    telemetry: Telemetry

    def __call__(self) -> tuple[Recount, ...]:
        """The coupons whose counter differs, twice in a row: a purchase between two readings is no drift."""
        suspects = [coupon.code for coupon in self.coupons.all() if coupon.is_counted and self._differs(coupon.code)]
        found = [recount for code in suspects if (recount := self._differs(code)) is not None]
        for recount in found:
            self.telemetry.emit(Signal.DIFFERENCE_FOUND, reason="coupon_counter", coupon_code=recount.code)
        return tuple(found)

    def _differs(self, code: str) -> Recount | None:
        coupon = self.coupons.find(code)
        if coupon is None:
            return None
        found = self.coupons.count_uses(code)
        same = coupon.current_uses == found
        return None if same else Recount(code=code, counted=coupon.current_uses, found=found)
