"""What the API answers, as the tests of its routes expect it."""

from __future__ import annotations

from typing import Any

PENDING = {
    "status": "pending",
    "provider": "stripe",
    "clientSecret": "cs_000001_secret",
    "paymentSessionId": "ps_000001",
    "providerSessionId": "cs_000001",
    "amount": 14_999,
    "discountAmount": 0,
    "finalAmount": 14_999,
    "currency": "usd",
    "expiresAt": "2026-01-15T12:40:00.250Z",
}
FREE = {
    "userId": "user-1",
    "courseId": "free-1",
    "enrollmentType": "free",
    "enrolledAt": "2026-01-15T12:00:00.250Z",
    "paymentStatus": "free",
    "source": "direct",
    "progress": 0,
    "completed": False,
}
SESSION = {
    "id": "ps_000001",
    "courseId": "course-1",
    "courseName": "AWS Cloud Mastery",
    "userId": "user-1",
    "provider": "stripe",
    "status": "pending",
    "paymentStatus": "unpaid",
    "amount": 14_999,
    "discountAmount": 0,
    "finalAmount": 14_999,
    "currency": "usd",
    "uiMode": "embedded",
    "providerSessionId": "cs_000001",
    "stripeSessionId": "cs_000001",
    "createdAt": "2026-01-15T12:00:00.250Z",
    "updatedAt": "2026-01-15T12:00:00.250Z",
    "expiresAt": "2026-01-15T12:40:00.250Z",
}
ENROLLING = ("/api/enrollments", "/api/payments/enrollments")
BUYING = ("/api/payments/sessions", "/api/bookings/create")
HISTORY = ("/api/payments/sessions", "/api/bookings/user")


def paid(**changes: Any) -> dict[str, Any]:
    """The one session once it is paid."""
    ids = {"providerPaymentId": "pi_000001", "stripePaymentIntentId": "pi_000001"}
    return SESSION | {"status": "completed", "paymentStatus": "paid"} | ids | changes
