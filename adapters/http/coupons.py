"""Coupons, for buyers: checking one, and listing the public ones."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.errors import InvalidRequest
from adapters.http.paging import limit_and_cursor, page_of
from adapters.http.request_bodies.coupons import ValidateCouponRequest
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import listed_coupon_body, validation_body
from adapters.timestamps import from_text
from domain.coupons import coupon_code
from domain.errors import CouponNotFound, NotFound
from domain.use_cases.student.list_coupons import ListUsableCoupons
from domain.use_cases.student.validate_coupon import ValidateCoupon

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies


@frozen(kw_only=True)
class CouponViews:
    """/api/payments/coupons."""

    validate_coupon: ValidateCoupon
    list_usable: ListUsableCoupons

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("POST", "/api/payments/coupons/validate", view=self.validate, body=ValidateCouponRequest)
        router.add("GET", "/api/payments/coupons/active", view=self.active, access=Access.PUBLIC)

    def validate(self, call: Call, body: ValidateCouponRequest) -> Reply[bodies.CouponValidation]:
        """What a coupon does to a course's price, or why it does nothing."""
        checked = self.validate_coupon(call.caller.user_id, call.client, course_id(body.course_id), body.code)
        return Reply(body=validation_body(checked))

    def active(self, call: Call) -> Reply[list[bodies.ListedCoupon]]:
        """A page of the coupons that the school shows to everybody and that work now."""
        limit, cursor = limit_and_cursor(call)
        page = self.list_usable(limit=limit, cursor=cursor)
        return page_of([listed_coupon_body(coupon) for coupon in page.entries], page.cursor)


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
