"""Coupons: checking one, listing the public ones, and managing them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.errors import InvalidRequest
from adapters.http.request_bodies import CouponRequest, CouponTermsRequest, ValidateCouponRequest
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import coupon_body, validation_body
from adapters.settings import Settings
from adapters.timestamps import from_text
from domain.coupons import Coupon, DiscountType, coupon_code, shards_for
from domain.errors import CouponNotFound, NotFound
from domain.ports.coupons import CouponRepo
from domain.use_cases.office.manage_coupons import ChangeCouponTerms, CouponChanges, IssueCoupon
from domain.use_cases.student.validate_coupon import ValidateCoupon

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies


@frozen(kw_only=True)
class CouponViews:
    """/api/payments/coupons for buyers, /api/admin/coupons for administrators."""

    validate_coupon: ValidateCoupon
    issue_coupon: IssueCoupon
    change_terms: ChangeCouponTerms
    coupons: CouponRepo
    settings: Settings

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("POST", "/api/payments/coupons/validate", view=self.validate, body=ValidateCouponRequest)
        router.add("GET", "/api/payments/coupons/active", view=self.active, access=Access.PUBLIC)
        router.add("POST", "/api/admin/coupons", view=self.issue, body=CouponRequest, access=Access.ADMINS)
        router.add("GET", "/api/admin/coupons", view=self.index, access=Access.ADMINS)
        router.add("GET", "/api/admin/coupons/{code}", view=self.show, access=Access.ADMINS)
        router.add(
            "PATCH", "/api/admin/coupons/{code}", view=self.change, body=CouponTermsRequest, access=Access.ADMINS
        )

    def validate(self, call: Call, body: ValidateCouponRequest) -> Reply[bodies.CouponValidation]:
        """What a coupon does to a course's price, or why it does nothing."""
        checked = self.validate_coupon(call.caller.user_id, call.client, course_id(body.course_id), body.code)
        return Reply(body=validation_body(checked))

    def active(self, _call: Call) -> Reply[list[bodies.Coupon]]:
        """The coupons that the school shows to everybody."""
        return Reply(body=[coupon_body(coupon) for coupon in self.coupons.listed()])

    def issue(self, _call: Call, body: CouponRequest) -> Reply[bodies.Coupon]:
        """Issue a coupon."""
        return Reply(status=201, body=coupon_body(self.issue_coupon(self._coupon(body))))

    def index(self, _call: Call) -> Reply[list[bodies.Coupon]]:
        """Every coupon ever issued."""
        return Reply(body=[coupon_body(coupon) for coupon in self.coupons.all()])

    def show(self, call: Call) -> Reply[bodies.Coupon]:
        """One coupon."""
        coupon = self.coupons.find(stored_code(call.params["code"]))
        if coupon is None:
            raise NotFound("There is no coupon with this code.")
        return Reply(body=coupon_body(coupon))

    def change(self, call: Call, body: CouponTermsRequest) -> Reply[bodies.Coupon]:
        """Change a coupon's terms."""
        options = CouponChanges(
            name=body.name,
            description=body.description,
            active=body.is_active,
            listed=body.listed,
            max_uses=body.max_uses,
            valid_until=timestamp(body.valid_until),
        )
        return Reply(body=coupon_body(self.change_terms(stored_code(call.params["code"]), options)))

    def _coupon(self, body: CouponRequest) -> Coupon:
        return Coupon(
            code=body.code.upper() if body.code.isascii() else body.code,
            name=body.name,
            description=body.description,
            discount_type=DiscountType(body.discount_type),
            discount_value=body.discount_value,
            currency=body.currency or self.settings.currency,
            max_uses=body.max_uses,
            active=body.is_active,
            listed=body.listed,
            valid_from=timestamp(body.valid_from),
            valid_until=timestamp(body.valid_until),
            minimum_amount=body.minimum_amount,
            maximum_discount=body.maximum_discount,
            course_ids=frozenset(course_id(text) for text in body.applicable_courses),
            shards=shards_for(body.max_uses),
        )


def stored_code(text: str) -> str:
    """The code as it is stored.

    Raises:
        NotFound: no coupon can have such a code.
    """
    try:
        return coupon_code(text)
    except CouponNotFound:
        raise NotFound("There is no coupon with this code.") from None


def timestamp(text: str | None) -> datetime | None:
    """The timestamp, if one is given.

    Raises:
        InvalidRequest: it is not an ISO 8601 timestamp with a time zone.
    """
    if text is None:
        return None
    try:
        return from_text(text)
    except (ValueError, OverflowError):
        raise InvalidRequest("Please write a timestamp like 2026-01-31T12:00:00Z.") from None
