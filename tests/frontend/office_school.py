"""What the school's own pages are shown in tests: payments, codes, figures, one student's history, who did what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import Reply

PAYMENT = {
    "id": "ps_1",
    "courseId": "PAID-1",
    "courseName": "AWS Cloud Mastery",
    "userId": "user-7",
    "name": "Nadia Rahman",
    "email": "nadia@example.com",
    "provider": "stripe",
    "status": "completed",
    "paymentStatus": "paid",
    "amount": 14999,
    "discountAmount": 3000,
    "finalAmount": 11999,
    "currency": "usd",
    "couponCode": "SPRING",
    "stripeSessionId": "cs_1",
    "createdAt": "2026-11-20T10:00:00Z",
    "updatedAt": "2026-11-20T10:02:00Z",
    "received": 11999,
    "receivedCurrency": "usd",
    "kept": 11999,
    "refunded": 0,
    "repaid": 0,
    "refundRequested": 0,
    "disputed": 0,
    "chargedBack": 0,
}
REVIEW = PAYMENT | {"status": "review", "reviewReason": "second_payment", "reviewSince": "2026-11-20T10:03:00Z"}
DISPUTED = PAYMENT | {"paymentStatus": "disputed", "disputed": 11999}
DISPUTE: dict[str, Any] = {
    "refundId": "du_1",
    "kind": "dispute",
    "status": "open",
    "amount": 11999,
    "currency": "usd",
    "providerReason": "fraudulent",
    "respondBy": "2099-12-03T22:59:59.000Z",
}
OPEN_DISPUTE = {"payment": DISPUTED, "dispute": DISPUTE}
COUPON = {
    "code": "SPRING",
    "name": "Spring",
    "discountType": "percentage",
    "discountValue": 20,
    "currency": "usd",
    "currentUses": 3,
    "maxUses": 10,
    "isActive": True,
    "listed": False,
    "applicableCourses": [],
}
ENROLLMENT = {
    "userId": "user-7",
    "name": "Nadia Rahman",
    "email": "nadia@example.com",
    "courseId": "PAID-1",
    "enrollmentType": "paid",
    "enrolledAt": "2026-11-20T10:02:00Z",
    "progress": 40,
    "amount": 11999,
    "currency": "usd",
}
_SUMS = {
    "currency": "usd",
    "sales": 2,
    "gross": 29998,
    "discounts": 3000,
    "refunds": 5000,
    "disputes": 0,
    "fees": 900,
    "net": 24098,
    "enrollments": 2,
    "ended": 0,
    "couponUses": 1,
}
FIGURES: dict[str, Any] = {
    "since": "2026-11-01",
    "until": "2026-11-21",
    "rows": [{"day": "2026-11-20", "month": "2026-11", "courseId": "PAID-1", "couponCode": "SPRING", **_SUMS}],
    "totals": [_SUMS],
    "checkouts": [{"courseId": "PAID-1", "opened": 5, "paid": 2, "failed": [{"reason": "declined", "count": 1}]}],
}
RECORD = {
    "auditId": "a-1",
    "action": "course_changed",
    "by": "admin-1",
    "at": "2026-11-20T12:00:00Z",
    "reason": "A better name.",
    "courseId": "PAID-1",
    "before": {"name": "AWS"},
    "after": {"name": "AWS Cloud Mastery"},
}
STUDENT = {"userId": "user-7", "email": "nadia@example.com", "name": "Nadia Rahman"}
_ENDED = {"enrollment": ENROLLMENT | {"courseId": "FREE-1"}, "endedAt": "2026-11-19T10:00:00Z", "barred": True}
HISTORY = {
    "student": STUDENT,
    "enrollments": [ENROLLMENT],
    "endedEnrollments": [_ENDED],
    "payments": [{"payment": PAYMENT, "refunds": []}],
    "coupons": [],
    "audit": [RECORD | {"action": "enrollment_revoked", "by": "s-1"}],
    "complete": True,
}
REFUND = {
    "refundId": "r-1",
    "kind": "refund",
    "status": "succeeded",
    "amount": 5000,
    "currency": "usd",
    "reason": "One module was cancelled.",
    "requestedBy": "admin-1",
    "requestedAt": "2026-11-20T11:00:00Z",
}


def history(payment: Mapping[str, Any], **more: Any) -> Reply:
    """What the API tells of one payment."""
    return Reply(200, {"payment": payment, "refunds": [], "ledger": [], **more})


def in_office(visit: Visit, address: str, *, groups: tuple[str, ...] = ("admin",)) -> Page:
    """A view of the school's pages, as somebody in these groups sees it."""
    school = visit.school
    usual: dict[tuple[str, str], Any] = {
        ("GET", "/api/admin/payments"): [REVIEW],
        ("GET", "/api/admin/payments/ps_1/history"): history(PAYMENT).body,
        ("GET", "/api/admin/disputes"): [],
        ("GET", "/api/admin/coupons"): [COUPON],
        ("GET", "/api/admin/figures"): FIGURES,
        ("GET", "/api/admin/audit"): [RECORD],
        ("GET", "/api/admin/courses/PAID-1/enrollments"): [ENROLLMENT],
        ("GET", "/api/admin/sales"): {"closed": False},
        ("GET", "/api/admin/courses/SOON-1/enrollments"): [],
        ("GET", "/api/admin/courses/SOON-1/interest"): [
            {"email": "kim@example.com", "createdAt": "2026-11-19T10:00:00Z"}
        ],
    }
    for (method, path), body in usual.items():
        if not school.is_scripted(method, path):
            school.script(method, path, Reply(200, body))
    visit.sign_in("Ines Laurent", groups=groups)
    return visit.open(address)
