"""The school's coupons, in a dictionary."""

from __future__ import annotations

from attrs import evolve, frozen

from adapters.memory.store import Store
from domain.coupons import Coupon
from domain.errors import InvalidValue
from domain.identifiers import is_id
from domain.paging import Page
from domain.ports.coupons import CouponCounter, CouponRepo

_AFTER = "after:"


@frozen
class MemoryCouponRepo(CouponRepo):
    """Reads coupons from the store."""

    store: Store

    def page(self, *, limit: int, cursor: str | None = None, listed_only: bool = False) -> Page[Coupon]:
        """Up to ``limit`` coupons by code; the cursor names the last one given."""
        if cursor is not None and not (cursor.startswith(_AFTER) and is_id(cursor.removeprefix(_AFTER))):
            raise InvalidValue("The cursor is not valid.")
        after = cursor.removeprefix(_AFTER) if cursor else ""
        left = [coupon for coupon in self.all() if coupon.code > after and (coupon.listed or not listed_only)]
        given = tuple(left[:limit])
        return Page(given, _AFTER + given[-1].code if len(left) > limit else None)

    def all(self) -> tuple[Coupon, ...]:
        """Every coupon ever issued, by code."""
        with self.store.lock:
            return tuple(self._counted(self.store.coupons[code]) for code in sorted(self.store.coupons))

    def count_uses(self, code: str) -> int:
        """How many uses of the coupon are held or redeemed."""
        with self.store.lock:
            return sum(used == code for _, used in self.store.coupon_uses)

    def counters(self, code: str) -> tuple[CouponCounter, ...]:
        """Every counter of the coupon beside the uses that it counts."""
        with self.store.lock:
            coupon = self.store.coupons.get(code)
            return tuple(self._counter(coupon, shard) for shard in range(coupon.shards)) if coupon else ()

    def find(self, code: str) -> Coupon | None:
        """The coupon by its stored code, if any."""
        with self.store.lock:
            coupon = self.store.coupons.get(code)
            return self._counted(coupon) if coupon else None

    def _counter(self, coupon: Coupon, shard: int) -> CouponCounter:
        uses = [use for (_, code), use in self.store.coupon_uses.items() if (code, use.shard) == (coupon.code, shard)]
        sharded = coupon.shards > 1
        return CouponCounter(
            shard=shard,
            sharded=sharded,
            counted=self.store.shard_counters.get((coupon.code, shard), 0) if sharded else coupon.current_uses,
            found=len(uses),
            held=sum(not use.redeemed for use in uses),
        )

    def _counted(self, coupon: Coupon) -> Coupon:
        if coupon.shards == 1:
            return coupon
        counters = self.store.shard_counters
        return evolve(coupon, current_uses=sum(counters.get((coupon.code, n), 0) for n in range(coupon.shards)))
