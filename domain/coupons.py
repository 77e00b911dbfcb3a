"""Coupons: a code that lowers a price, for some courses, for some time, a limited number of times, once per student."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from attrs import evolve, field, frozen

from domain.errors import (
    CouponExhausted,
    CouponExpired,
    CouponInactive,
    CouponNotApplicable,
    CouponNotFound,
    CouponNotYetValid,
    InvalidValue,
    MinimumAmountNotReached,
)
from domain.money import EXPONENTS, Money, smallest_step, whole_units
from domain.pricing import Quote

CODE_PATTERN = r"[A-Z0-9_-]{3,40}"
_CODE = re.compile(CODE_PATTERN)
_BASIS = 10_000  # basis points in a whole
_MOST_SHARDS = 64


MANY_USES = 1_000
"""From this limit on a coupon's counter is spread over several items: one item would turn buyers away in a rush."""


def shards_for(max_uses: int | None) -> int:
    """Over how many counters a new coupon's uses are spread."""
    return 16 if max_uses is not None and max_uses >= MANY_USES else 1


def coupon_code(text: str) -> str:
    """The code as it is stored: upper case. ASCII only, checked before upper-casing, since a dotless i would become I.

    Raises:
        CouponNotFound: no coupon can have such a code.
    """
    if not text.isascii() or not _CODE.fullmatch(text.upper()):
        raise CouponNotFound
    return text.upper()


class DiscountType(StrEnum):
    """How the discount value is meant."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"


@frozen(kw_only=True)
class Coupon:
    """A coupon as the school issued it.

    ``discount_value``: percents with at most two decimals (above 0, at most 100), or minor units of ``currency``.
    ``max_uses`` None means without limit, and then nothing is counted. ``current_uses`` counts held and redeemed uses.
    ``minimum_amount`` and ``maximum_discount`` are minor units. ``course_ids`` empty means every course.
    ``shards`` above 1 spreads the counter over that many items.
    """

    code: str
    name: str = ""
    description: str | None = None
    discount_type: DiscountType
    discount_value: Decimal
    currency: str
    max_uses: int | None = None
    current_uses: int = 0
    active: bool = True
    listed: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    minimum_amount: int | None = None
    maximum_discount: int | None = None
    course_ids: frozenset[str] = frozenset()
    shards: int = field(default=1)

    def __attrs_post_init__(self) -> None:
        """Refuse a coupon that could never be right."""
        _require(_CODE.fullmatch(self.code) is not None, "A coupon code has 3 to 40 of A-Z, 0-9, dash and underscore.")
        _require(self.currency in EXPONENTS, "This currency is not supported.")
        _require(self._discount_units() > 0, "A discount is above zero.")
        if self.discount_type is DiscountType.PERCENTAGE:
            _require(self._discount_units() <= _BASIS, "A percentage is at most 100.")
        for limit in (self.max_uses, self.maximum_discount):
            _require(limit is None or limit > 0, "A limit is above zero.")
        _require(self.minimum_amount is None or self.minimum_amount >= 0, "A minimum amount is not negative.")
        _require(1 <= self.shards <= _MOST_SHARDS, "A counter has 1 to 64 shards.")
        if self.valid_from and self.valid_until:
            _require(self.valid_from < self.valid_until, "A coupon ends after it begins.")

    @property
    def is_counted(self) -> bool:
        """Whether uses are counted: only a coupon with a limit needs it."""
        return self.max_uses is not None

    def quote(self, *, course_id: str, price: Money, at: datetime) -> Quote:
        """The price of a course under this coupon.

        Raises:
            CouponInactive, CouponNotYetValid, CouponExpired, CouponExhausted, CouponNotApplicable,
            MinimumAmountNotReached:
                the coupon does not apply; checked in this order.
        """
        self.require_usable(at)
        if (self.course_ids and course_id not in self.course_ids) or price.currency != self.currency:
            raise CouponNotApplicable
        if self.minimum_amount is not None and price.amount < self.minimum_amount:
            raise MinimumAmountNotReached
        return Quote(list_price=price, discount=self.discount_on(price))

    def require_usable(self, at: datetime) -> None:
        """Refuse a coupon that is switched off, out of its time, or used up.

        Raises:
            CouponInactive, CouponNotYetValid, CouponExpired, CouponExhausted: what it says.
        """
        if not self.active:
            raise CouponInactive
        if self.valid_from is not None and at < self.valid_from:
            raise CouponNotYetValid
        if self.valid_until is not None and at >= self.valid_until:
            raise CouponExpired
        if self.max_uses is not None and self.shards == 1 and self.current_uses >= self.max_uses:
            raise CouponExhausted

    def discount_on(self, price: Money) -> int:
        """The discount in minor units: a percentage is rounded half up, then capped by the maximum and by the price.

        A percentage of a price that cards can be charged leaves such a price.
        """
        if self.discount_type is DiscountType.PERCENTAGE:
            smallest = smallest_step(price.currency)
            step = smallest if price.amount % smallest == 0 else 1
            discount = (price.amount * self._discount_units() + _BASIS * step // 2) // (_BASIS * step) * step
        else:
            discount = self._discount_units()
        return min(discount, self.maximum_discount if self.maximum_discount is not None else discount, price.amount)

    def shard_limit(self, shard: int) -> int | None:
        """How many uses this shard may count: the limit dealt out evenly, the first shards taking the remainder."""
        if self.max_uses is None:
            return None
        share, rest = divmod(self.max_uses, self.shards)
        return share + (1 if shard < rest else 0)

    def with_one_use_back(self) -> Coupon:
        """The coupon as if one of its uses were free again."""
        return evolve(self, current_uses=max(self.current_uses - 1, 0))

    def hold(self, shard: int = 0) -> HeldCoupon:
        """One use of this coupon, to be counted in this shard."""
        return HeldCoupon(code=self.code, shard=shard, counted=self.is_counted, sharded=self.shards > 1)

    def _discount_units(self) -> int:
        """Basis points of a percentage (it has at most two decimals), minor units of a fixed amount (it has none)."""
        return whole_units(self.discount_value, 2 if self.discount_type is DiscountType.PERCENTAGE else 0)


@frozen(kw_only=True)
class HeldCoupon:
    """One use of a coupon that a payment session holds: ``shard`` is the counter it was taken from.

    ``counted`` is False for a coupon without a limit, ``sharded`` True where the counter is one of several.
    """

    code: str
    shard: int = 0
    counted: bool = True
    sharded: bool = False


@frozen(kw_only=True)
class UsedCoupon:
    """A student's one use of a coupon, held or redeemed by a payment session for a course since ``at``."""

    code: str
    payment_session_id: str
    course_id: str
    redeemed: bool
    at: datetime


def _require(holds: bool, sentence: str) -> None:  # noqa: FBT001 - reads as a sentence at each call
    if not holds:
        raise InvalidValue(sentence)
