"""The school issues coupons and changes their terms. Coupons are never deleted."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from domain.coupons import Coupon
from domain.errors import InvalidValue, NotFound
from domain.ports.coupons import CouponRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import AddCoupon, ChangeCoupon


@frozen(kw_only=True)
class CouponChanges:
    """What may change about a coupon; None leaves it as it is."""

    name: str | None = None
    description: str | None = None
    active: bool | None = None
    listed: bool | None = None
    max_uses: int | None = None
    valid_until: datetime | None = None

    def given_to(self, coupon: Coupon) -> Coupon:
        """The coupon on the new terms.

        Raises:
            InvalidValue: the terms cannot be, or a limit is set where uses were never counted.
        """
        if self.max_uses is not None and not coupon.is_counted:
            raise InvalidValue("A coupon issued without a limit cannot be given one: its uses were not counted.")
        fields = ("name", "description", "active", "listed", "max_uses", "valid_until")
        changed_fields = {name: getattr(self, name) for name in fields if getattr(self, name) is not None}
        return evolve(coupon, **changed_fields)


@frozen(kw_only=True)
class IssueCoupon:
    """Issues a coupon."""

    unit_of_work: UnitOfWork

    def __call__(self, coupon: Coupon) -> Coupon:
        """The coupon, issued.

        Raises:
            CouponExists: its code was issued before.
        """
        try:
            self.unit_of_work.commit((AddCoupon(coupon),))
        except TransactionConflict as conflict:
            raise conflict.first from conflict
        return coupon


@frozen(kw_only=True)
class ChangeCouponTerms:
    """Changes a coupon: switches it off or on, extends it, raises or lowers its limit."""

    coupons: CouponRepo
    unit_of_work: UnitOfWork

    def __call__(self, code: str, changes: CouponChanges) -> Coupon:
        """The coupon on its new terms.

        Raises:
            NotFound: no coupon has this code.
            CouponLimitTooLow: more uses are taken already than the new limit allows.
        """
        coupon = self.coupons.find(code)
        if coupon is None:
            raise NotFound("There is no coupon with this code.")
        changed = changes.given_to(coupon)
        try:
            self.unit_of_work.commit((ChangeCoupon(coupon, changed),))
        except TransactionConflict as conflict:
            raise conflict.first from conflict
        return changed
