"""Coupons as items."""

from __future__ import annotations

from attrs import evolve, frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import Attributes, readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.cursors import cursor_after, id_in
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.coupons import Coupon, DiscountType
from domain.identifiers import is_id
from domain.paging import Page
from domain.ports.coupons import CouponCounter, CouponRepo
from domain.ports.telemetry import Telemetry

HELD, REDEEMED = "held", "redeemed"
"""The states of a coupon use."""

EXAMINED = 500
"""Coupons that one query reads to find those that are listed."""

_MOST_QUERIES = 4  # of them for one page: where so many are not listed in a row, the list ends
_USES = "currentUses"


def coupon_item(coupon: Coupon) -> Item:
    """The item of a coupon just issued, its counter at zero."""
    return {
        **keys.coupon(coupon.code).attributes,
        **keys.coupon_index(coupon.code),
        "code": coupon.code,
        "discountType": coupon.discount_type.value,
        "discountValue": coupon.discount_value,
        "currency": coupon.currency,
        "currentUses": 0,
        "shards": coupon.shards,
        **coupon_terms(coupon),
    }


def coupon_terms(coupon: Coupon) -> Item:
    """What may change about a coupon."""
    return {
        "name": coupon.name,
        "description": coupon.description,
        "maxUses": coupon.max_uses,
        "active": coupon.active,
        "listed": coupon.listed,
        "validFrom": iso(coupon.valid_from) if coupon.valid_from else None,
        "validUntil": iso(coupon.valid_until) if coupon.valid_until else None,
        "minimumAmount": coupon.minimum_amount,
        "maximumDiscount": coupon.maximum_discount,
        "courseIds": sorted(coupon.course_ids),
    }


def coupon_shard_item(coupon: Coupon, shard: int) -> Item:
    """The item of one of a coupon's counters, at zero."""
    counter = {"currentUses": 0, "maxUses": coupon.shard_limit(shard)}
    return {**keys.coupon_shard(coupon.code, shard).attributes, **counter}


def coupon_from_item(item: Item) -> Coupon:
    """The coupon in an item.

    Raises:
        RecordUnreadable: it is no coupon, such as one over 100 per cent.
    """
    with reading("coupon", item) as stored:
        value = stored.maybe_decimal("discountValue")
        if value is None:
            raise KeyError("discountValue")
        return Coupon(
            code=stored.text("code"),
            name=stored.maybe_text("name") or "",
            description=stored.maybe_text("description"),
            discount_type=DiscountType(stored.text("discountType")),
            discount_value=value,
            currency=stored.text("currency"),
            max_uses=stored.maybe_integer("maxUses"),
            current_uses=stored.maybe_integer("currentUses") or 0,
            active=stored.boolean("active", absent=True),
            listed=stored.boolean("listed"),
            valid_from=stored.maybe_timestamp("validFrom"),
            valid_until=stored.maybe_timestamp("validUntil"),
            minimum_amount=stored.maybe_integer("minimumAmount"),
            maximum_discount=stored.maybe_integer("maximumDiscount"),
            course_ids=frozenset(stored.texts("courseIds")),
            shards=stored.maybe_integer("shards") or 1,
        )


@frozen
class DynamoCouponRepo(CouponRepo):
    """Reads coupons from the table. ``examined`` is how many one query reads to find those that are listed."""

    table: Table
    telemetry: Telemetry
    examined: int = EXAMINED

    def page(self, *, limit: int, cursor: str | None = None, listed_only: bool = False) -> Page[Coupon]:
        """Up to ``limit`` coupons by code; the cursor has the code of the last one that was given.

        A cursor can be read by whoever gets it. Among the listed ones it therefore never has the code of another.
        """
        after = keys.coupons_after(id_in(cursor) if cursor is not None else None)
        return self._listed(after, limit) if listed_only else self._page(after, limit)

    def _page(self, after: dict[str, str], limit: int) -> Page[Coupon]:
        coupons: list[Coupon] = []
        while True:
            page = self.table.index_page(after, limit=max(limit - len(coupons), 1))
            coupons += self._readable(page.items)
            if page.is_last:
                return Page(tuple(coupons), None)
            after = keys.index_of(page.items[-1])
            code = keys.code_in(after)
            # A page must not end on a code that no cursor may hold; such a coupon is unreadable anyway.
            if is_id(code):
                return Page(tuple(coupons), cursor_after(code))

    def _listed(self, after: dict[str, str], limit: int) -> Page[Coupon]:
        found: list[Item] = []
        is_last = False
        for _ in range(_MOST_QUERIES):
            page = self.table.index_page(after, limit=self.examined)
            found += [item for item in page.items if item.get("listed")]
            is_last = page.is_last
            if is_last or not page.items or len(found) > limit:
                break
            after = keys.index_of(page.items[-1])
        given = found[:limit]
        codes = [code for item in given if is_id(code := keys.code_in(keys.index_of(item)))]
        is_more = codes and (len(found) > limit or not is_last)
        return Page(tuple(self._readable(given)), cursor_after(codes[-1]) if is_more else None)

    def _readable(self, items: list[Item]) -> list[Coupon]:
        return [self._counted(coupon) for coupon in readable(items, coupon_from_item, self.telemetry)]

    def all(self) -> tuple[Coupon, ...]:
        """Every coupon ever issued, by code."""
        return tuple(self._counted(coupon) for coupon in self._every())

    def count_uses(self, code: str) -> int:
        """How many uses of the coupon are held or redeemed."""
        coupon = self.find(code)
        shards = range(coupon.shards) if coupon else ()
        return sum(1 for shard in shards for _ in self.table.index_all(keys.every_use(code, shard)))

    def counters(self, code: str) -> tuple[CouponCounter, ...]:
        """Every counter of the coupon beside the uses that it counts."""
        coupon = self.find(code)
        if coupon is None:
            return ()
        if coupon.shards == 1:
            return (self._counter(coupon, 0, coupon.current_uses),)
        stored = self.table.get_many([keys.coupon_shard(code, shard) for shard in range(coupon.shards)])
        return tuple(
            self._counter(
                coupon, shard, Attributes(stored.get(keys.coupon_shard(code, shard), {})).maybe_integer(_USES) or 0
            )
            for shard in range(coupon.shards)
        )

    def find(self, code: str) -> Coupon | None:
        """The coupon by its stored code, if any."""
        item = self.table.get(keys.coupon(code)) if is_id(code) else None
        return self._counted(coupon_from_item(item)) if item else None

    def _every(self) -> list[Coupon]:
        return readable(self.table.index_all(keys.every_coupon()), coupon_from_item, self.telemetry)

    def _counter(self, coupon: Coupon, shard: int, counted: int) -> CouponCounter:
        uses = list(self.table.index_all(keys.every_use(coupon.code, shard)))
        return CouponCounter(
            shard=shard,
            sharded=coupon.shards > 1,
            counted=counted,
            found=len(uses),
            held=sum(use.get("status") == HELD for use in uses),
        )

    def _counted(self, coupon: Coupon) -> Coupon:
        """The coupon with what all of its counters have counted."""
        if coupon.shards == 1:
            return coupon
        shards = self.table.get_many([keys.coupon_shard(coupon.code, shard) for shard in range(coupon.shards)])
        counts = (Attributes(shard).maybe_integer("currentUses") or 0 for shard in shards.values())
        return evolve(coupon, current_uses=sum(counts))
