"""Coupons: what one is worth, which are shown to everybody, and issuing them."""

from __future__ import annotations

import hashlib
from datetime import datetime

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.errors import InvalidRequest
from adapters.http.request_bodies import CouponBody, CouponTermsBody, ValidateBody
from adapters.http.request_parsing import read_body
from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import coupon_shape, validation_shape
from adapters.settings import Settings
from adapters.timestamps import from_text
from domain.coupons import Coupon, DiscountType, coupon_code, shards_for
from domain.errors import CouponNotFound, NotFound
from domain.ports.coupons import CouponRepo
from domain.use_cases.office.manage_coupons import ChangeCouponTerms, CouponChanges, IssueCoupon
from domain.use_cases.student.validate_coupon import ValidateCoupon


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
        router.add("POST", "/api/payments/coupons/validate", view=self.validate)
        router.add("GET", "/api/payments/coupons/active", view=self.active, public=True)
        router.add("POST", "/api/admin/coupons", view=self.issue)
        router.add("GET", "/api/admin/coupons", view=self.index)
        router.add("GET", "/api/admin/coupons/{code}", view=self.show)
        router.add("PATCH", "/api/admin/coupons/{code}", view=self.change)

    def validate(self, call: Call) -> Reply:
        """What a coupon does to a course's price; the reason where it does nothing, in the same shape."""
        user_id = call.caller.user_id
        body = read_body(call.body, call.headers, ValidateBody)
        checked = self.validate_coupon(user_id, _address(call), course_id(body.course_id), body.code)
        return Reply(body=validation_shape(checked))

    def active(self, _call: Call) -> Reply:
        """The coupons that the school shows to everybody."""
        return Reply(body=[coupon_shape(coupon) for coupon in self.coupons.listed()])

    def issue(self, call: Call) -> Reply:
        """Issue a coupon."""
        call.caller.require_admin()
        body = read_body(call.body, call.headers, CouponBody)
        return Reply(status=201, body=coupon_shape(self.issue_coupon(self._coupon(body))))

    def index(self, call: Call) -> Reply:
        """Every coupon ever issued."""
        call.caller.require_admin()
        return Reply(body=[coupon_shape(coupon) for coupon in self.coupons.all()])

    def show(self, call: Call) -> Reply:
        """One coupon."""
        call.caller.require_admin()
        coupon = self.coupons.find(stored_code(call.params["code"]))
        if coupon is None:
            raise NotFound("There is no coupon with this code.")
        return Reply(body=coupon_shape(coupon))

    def change(self, call: Call) -> Reply:
        """Change a coupon's terms."""
        call.caller.require_admin()
        body = read_body(call.body, call.headers, CouponTermsBody)
        options = CouponChanges(
            name=body.name,
            description=body.description,
            active=body.is_active,
            listed=body.listed,
            max_uses=body.max_uses,
            valid_until=moment(body.valid_until),
        )
        return Reply(body=coupon_shape(self.change_terms(stored_code(call.params["code"]), options)))

    def _coupon(self, body: CouponBody) -> Coupon:
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
            valid_from=moment(body.valid_from),
            valid_until=moment(body.valid_until),
            minimum_amount=body.minimum_amount,
            maximum_discount=body.maximum_discount,
            course_ids=frozenset(course_id(text) for text in body.applicable_courses),
            shards=shards_for(body.max_uses),
        )


def stored_code(text: str) -> str:
    """The code as it is stored, where a coupon can have it.

    Raises:
        NotFound: none can.
    """
    try:
        return coupon_code(text)
    except CouponNotFound:
        raise NotFound("There is no coupon with this code.") from None


def moment(text: str | None) -> datetime | None:
    """The moment, if one is given.

    Raises:
        InvalidRequest: it is no ISO 8601 moment with a time zone.
    """
    if text is None:
        return None
    try:
        return from_text(text)
    except (ValueError, OverflowError):
        raise InvalidRequest("A moment is written as 2026-01-31T12:00:00Z.") from None


def _address(call: Call) -> str:
    """Where the caller calls from, as a name that tells nobody where."""
    identity = call.request.context.get("identity") or {}
    return "ip-" + hashlib.sha256(str(identity.get("sourceIp", "")).encode()).hexdigest()[:32]
