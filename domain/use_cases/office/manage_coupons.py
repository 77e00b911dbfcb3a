"""The school issues coupons and changes their terms. Coupons are never deleted."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from domain.audit import AuditAction, AuditSubject, Authorship
from domain.changes import NOTHING, UNCHANGED, Unchanged, differences, given
from domain.coupons import Coupon
from domain.errors import ChangedMeanwhile, InvalidValue, NotFound
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.services.record_change import RecordChange
from domain.transactions.writes import AddCoupon, ChangeCoupon

TERMS = (
    "name",
    "description",
    "active",
    "listed",
    "max_uses",
    "valid_from",
    "valid_until",
    "minimum_amount",
    "maximum_discount",
    "course_ids",
)
"""What may change about a coupon."""


@frozen(kw_only=True)
class CouponChanges:
    """What is to change about a coupon, or what somebody saw of it: the fields that are not given stay as they are, and
    None removes a limit, a date or the description.
    """

    name: str | Unchanged = UNCHANGED
    description: str | Unchanged | None = UNCHANGED
    active: bool | Unchanged = UNCHANGED
    listed: bool | Unchanged = UNCHANGED
    max_uses: int | Unchanged | None = UNCHANGED
    valid_from: datetime | Unchanged | None = UNCHANGED
    valid_until: datetime | Unchanged | None = UNCHANGED
    minimum_amount: int | Unchanged | None = UNCHANGED
    maximum_discount: int | Unchanged | None = UNCHANGED
    course_ids: frozenset[str] | Unchanged = UNCHANGED

    def given_to(self, coupon: Coupon) -> Coupon:
        """The coupon on the new terms.

        Raises:
            InvalidValue: the terms cannot be, or a limit is set where uses were never counted.
        """
        if not coupon.is_counted and isinstance(self.max_uses, int):
            raise InvalidValue("A coupon issued without a limit cannot be given one: its uses were not counted.")
        return evolve(coupon, **given(self))

    def require_seen(self, coupon: Coupon) -> None:
        """Check that the coupon still is as somebody saw it before they decided.

        Raises:
            ChangedMeanwhile: it is not.
        """
        if any(getattr(coupon, name) != value for name, value in given(self).items()):
            raise ChangedMeanwhile


@frozen(kw_only=True)
class IssueCoupon:
    """Issues a coupon."""

    courses: CourseRepo
    record_change: RecordChange

    def __call__(self, coupon: Coupon, author: Authorship) -> Coupon:
        """The coupon, issued.

        Raises:
            CouponExists: its code was issued before.
            InvalidValue: it is for courses that do not exist.
        """
        _require_courses(self.courses, coupon.course_ids)
        _, terms = differences(NOTHING, coupon, (*TERMS, "discount_type", "discount_value", "currency"))
        self.record_change(
            AddCoupon(coupon),
            AuditAction.COUPON_ISSUED,
            AuditSubject(coupon_code=coupon.code),
            author,
            before={},
            after={name: value for name, value in terms.items() if value not in (None, "", [])},
        )
        return coupon


@frozen(kw_only=True)
class ChangeCouponTerms:
    """Changes a coupon: switches it off or on, extends it, raises or lowers its limit, or any other of its terms."""

    coupons: CouponRepo
    courses: CourseRepo
    record_change: RecordChange

    def __call__(
        self, code: str, changes: CouponChanges, author: Authorship, *, seen: CouponChanges | None = None
    ) -> Coupon:
        """The coupon on its new terms. ``seen`` are terms as the author saw them. Repeating it changes nothing more.

        Raises:
            NotFound: no coupon has this code.
            ChangedMeanwhile: somebody else changed the same terms meanwhile, or since they were seen.
            CouponLimitTooLow: more uses are taken already than the new limit allows.
            InvalidValue: the terms cannot be, or name courses that do not exist.
        """
        coupon = self.coupons.find(code)
        if coupon is None:
            raise NotFound("There is no coupon with this code.")
        changed = changes.given_to(coupon)
        before, after = differences(coupon, changed, TERMS)
        if not after:
            return coupon
        if seen is not None:
            seen.require_seen(coupon)
        _require_courses(self.courses, changed.course_ids - coupon.course_ids)
        self.record_change(
            ChangeCoupon(coupon, changed),
            AuditAction.COUPON_CHANGED,
            AuditSubject(coupon_code=coupon.code),
            author,
            before=before,
            after=after,
        )
        return changed


def _require_courses(courses: CourseRepo, course_ids: frozenset[str]) -> None:
    """Check that a coupon is for courses that exist: for any other it would work nowhere.

    Raises:
        InvalidValue: one of them does not exist.
    """
    if course_ids and courses.existing(course_ids) != course_ids:
        raise InvalidValue("applicable_courses has a course that does not exist.")
