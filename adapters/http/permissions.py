"""Who of the office may call what: one table, by Cognito groups."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A Cognito group of the office."""

    ADMIN = "admin"
    SUPPORT = "support"
    FINANCE = "finance"


_ALL = frozenset(Role)
_MONEY = frozenset({Role.ADMIN, Role.FINANCE})
_PEOPLE = frozenset({Role.ADMIN, Role.SUPPORT})
_ADMIN = frozenset({Role.ADMIN})
_ENROLLMENT = "/api/admin/students/{userId}/enrollments/{courseId}"

PERMISSIONS: Mapping[str, frozenset[Role]] = {
    "GET /api/admin/audit": _MONEY,
    "GET /api/admin/audit/records.csv": _MONEY,
    "GET /api/admin/students": _ALL,
    "GET /api/admin/students/{userId}": _ALL,
    "POST /api/admin/students/{userId}/export": _ADMIN,
    "POST /api/admin/students/{userId}/deletion": _ADMIN,
    f"PUT {_ENROLLMENT}": _PEOPLE,
    f"POST {_ENROLLMENT}/revoke": _PEOPLE,
    f"POST {_ENROLLMENT}/reinstate": _PEOPLE,
    f"POST {_ENROLLMENT}/unbar": _PEOPLE,
    "GET /api/admin/payments": _ALL,
    "GET /api/admin/payments/{id}": _ALL,
    "GET /api/admin/payments/{id}/history": _ALL,
    "POST /api/admin/payments/{id}/resolve": _MONEY,
    "PUT /api/admin/payments/{id}/refunds/{refundId}": _MONEY,
    "PUT /api/admin/payments/{id}/repayments/{refundId}": _MONEY,
    "GET /api/admin/disputes": _ALL,
    "GET /api/admin/courses": _ALL,
    "POST /api/admin/courses": _ADMIN,
    "GET /api/admin/courses/{courseId}": _ALL,
    "PATCH /api/admin/courses/{courseId}": _ADMIN,
    "PUT /api/admin/courses/{courseId}/price": _ADMIN,
    "PUT /api/admin/courses/{courseId}/sales": _ADMIN,
    "GET /api/admin/courses/{courseId}/enrollments": _ALL,
    "PUT /api/admin/courses/{courseId}/capacity": _ADMIN,
    "GET /api/admin/courses/{courseId}/waitlist": _ALL,
    "GET /api/admin/courses/{courseId}/invitations": _PEOPLE,
    "POST /api/admin/courses/{courseId}/invitations": _PEOPLE,
    "DELETE /api/admin/courses/{courseId}/invitations/{invitationId}": _PEOPLE,
    "GET /api/admin/courses/{courseId}/interest": _PEOPLE,
    "POST /api/admin/courses/{courseId}/interest/forget": _PEOPLE,
    "GET /api/admin/figures": _MONEY,
    "GET /api/admin/analytics": _MONEY,
    "GET /api/admin/figures/ledger.csv": _MONEY,
    "GET /api/admin/sales": _ALL,
    "PUT /api/admin/sales": _ADMIN,
    "GET /api/admin/coupons": _ALL,
    "POST /api/admin/coupons": _ADMIN,
    "GET /api/admin/coupons/{code}": _ALL,
    "PATCH /api/admin/coupons/{code}": _ADMIN,
}
"""Which roles may call a route of the office, by its method and path."""


def roles_for(method: str, path: str) -> frozenset[Role]:
    """The roles that may call the route. One that is not in the table is for administrators only."""
    return PERMISSIONS.get(f"{method} {path}", _ADMIN)
