"""Coupons as the office issues and changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from adapters.http.coupons import stored_code, timestamp
from adapters.http.courses import course_id
from adapters.http.paging import limit_and_cursor, page_of
from adapters.http.request_bodies.coupons import CouponRequest, CouponTerms, CouponTermsRequest
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import coupon_body
from adapters.settings import Settings
from domain.audit import Authorship
from domain.changes import UNCHANGED, Unchanged
from domain.coupons import Coupon, DiscountType, shards_for
from domain.errors import NotFound
from domain.ports.coupons import CouponRepo
from domain.use_cases.office.manage_coupons import ChangeCouponTerms, CouponChanges, IssueCoupon

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies

Given = TypeVar("Given")
Parsed = TypeVar("Parsed")


@frozen(kw_only=True)
class AdminCouponViews:
    """/api/admin/coupons."""

    issue_coupon: IssueCoupon
    change_terms: ChangeCouponTerms
    coupons: CouponRepo
    settings: Settings

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        many, one = "/api/admin/coupons", "/api/admin/coupons/{code}"
        router.add("POST", many, view=self.issue, body=CouponRequest, access=Access.OFFICE)
        router.add("GET", many, view=self.index, access=Access.OFFICE)
        router.add("GET", one, view=self.show, access=Access.OFFICE)
        router.add("PATCH", one, view=self.change, body=CouponTermsRequest, access=Access.OFFICE)

    def issue(self, call: Call, body: CouponRequest) -> Reply[bodies.Coupon]:
        """Issue a coupon."""
        author = Authorship(by=call.caller.user_id, role=call.role, reason=body.reason)
        return Reply(status=201, body=coupon_body(self.issue_coupon(self._coupon(body), author)))

    def index(self, call: Call) -> Reply[list[bodies.Coupon]]:
        """A page of the coupons ever issued, by code."""
        limit, cursor = limit_and_cursor(call)
        page = self.coupons.page(limit=limit, cursor=cursor)
        return page_of([coupon_body(coupon) for coupon in page.entries], page.cursor)

    def show(self, call: Call) -> Reply[bodies.Coupon]:
        """One coupon."""
        coupon = self.coupons.find(stored_code(call.params["code"]))
        if coupon is None:
            raise NotFound("There is no coupon with this code.")
        return Reply(body=coupon_body(coupon))

    def change(self, call: Call, body: CouponTermsRequest) -> Reply[bodies.Coupon]:
        """Change a coupon's terms, field by field."""
        changed = self.change_terms(
            stored_code(call.params["code"]),
            _changes(body),
            Authorship(by=call.caller.user_id, role=call.role, reason=body.reason),
            seen=_changes(body.before) if body.before is not None else None,
        )
        return Reply(body=coupon_body(changed))

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


def _changes(terms: CouponTerms) -> CouponChanges:
    return CouponChanges(
        name=_parsed(terms.name, lambda name: name or ""),
        description=terms.description,
        active=terms.is_active,
        listed=terms.listed,
        max_uses=terms.max_uses,
        valid_from=_parsed(terms.valid_from, timestamp),
        valid_until=_parsed(terms.valid_until, timestamp),
        minimum_amount=terms.minimum_amount,
        maximum_discount=terms.maximum_discount,
        course_ids=_parsed(terms.applicable_courses, _course_ids),
    )


def _parsed(value: Given | Unchanged, parse: Callable[[Given], Parsed]) -> Parsed | Unchanged:
    return UNCHANGED if isinstance(value, Unchanged) else parse(value)


def _course_ids(texts: list[str] | None) -> frozenset[str]:
    return frozenset(course_id(text) for text in texts or ())
