"""Who may read an answer in a browser, and who may keep it."""

from __future__ import annotations

import pytest

from tests.support.http.http_school import ADA, ORIGIN, HttpSchool
from tests.support.http.openapi import operations

PUBLIC_FOR_A_WHILE = {("GET", "/api/config"), ("GET", "/api/openapi.json")}
WEBHOOKS = {"/api/webhooks/{provider}", "/api/payments/webhooks/stripe", "/api/stripe/webhooks"}
VALUES = {
    "userId": "user-1",
    "refundId": "r-1",
    "courseId": "free-1",
    "lessonId": "1-1",
    "number": "0000-0000-0000-0000",
    "id": "ps_1",
    "stripeSessionId": "cs_1",
    "checkoutId": "cs_1",
    "provider": "stripe",
    "code": "SPRING",
    "invitationId": "i-1",
}


def concrete(path: str) -> str:
    """The path with values in it."""
    return path.format(**VALUES)


@pytest.mark.parametrize(("method", "path"), sorted(operations()))
def test_only_what_names_nobody_may_be_kept(school: HttpSchool, method: str, path: str) -> None:
    """Everything but the configuration and this document says no-store, whether it went well or not."""
    body: dict[str, object] | None = {} if method in ("POST", "PATCH") else None
    answer = school.call(method, concrete(path), body, who=ADA)
    kept = (method, path) in PUBLIC_FOR_A_WHILE
    assert answer.headers["cache-control"] == ("public, max-age=60" if kept else "no-store")


@pytest.mark.parametrize(("method", "path"), sorted(operations()))
def test_fault_21_one_origin_may_read_and_no_browser_the_webhook(school: HttpSchool, method: str, path: str) -> None:
    """Good answers and refusals carry the one configured origin; webhooks none, not even when the method is wrong."""
    for tried in (method, "DELETE"):
        answer = school.call(tried, concrete(path), who=None)
        allowed = {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}
        if path in WEBHOOKS:
            assert allowed == {}
        else:
            assert allowed["access-control-allow-origin"] == ORIGIN
            assert {"Authorization", "Idempotency-Key"} <= set(allowed["access-control-allow-headers"].split(","))
            assert allowed["access-control-expose-headers"] == "X-Next-Cursor,Retry-After,Idempotent-Replayed"
            assert "access-control-allow-credentials" not in allowed
