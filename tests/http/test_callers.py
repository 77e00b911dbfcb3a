"""Who is calling: the claims that the gateway has checked, and nothing that a client can add."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.http.auth import caller
from adapters.http.errors import NotAuthenticated
from tests.support.factories import a_coupon
from tests.support.http.api_gateway_events import claims, proxy_event
from tests.support.http.http_school import ADA, JSON, KIM, SAM, HttpSchool
from tests.support.http.openapi import operations

AUTHORIZED = sorted(key for key, operation in operations().items() if operation["security"])
ADMIN = [(method, path) for method, path in AUTHORIZED if path.startswith("/api/admin/")]
VALUES = {
    "userId": "user-1",
    "refundId": "r-1",
    "courseId": "free-1",
    "lessonId": "1-1",
    "number": "0000-0000-0000-0000",
    "id": "ps_000001",
    "stripeSessionId": "cs_000001",
    "checkoutId": "cs_000001",
    "code": "SPRING",
    "invitationId": "i-1",
}


@pytest.mark.parametrize(("method", "path"), AUTHORIZED)
def test_without_claims_nobody_is_let_in(school: HttpSchool, method: str, path: str) -> None:
    """401 in our own code too, before the body is read, whatever let the request in."""
    for headers in ({}, JSON, {"Authorization": "Bearer x", "X-User-Id": "user-1"}):
        answer = school.call(method, path.format(**VALUES), raw="{", headers=headers, who=None)
        assert (answer.status, answer.code) == (401, "unauthorized")
    assert not school.store.students


@pytest.mark.parametrize(
    "authorizer",
    [
        None,
        {},
        {"claims": None},
        {"claims": "sub"},
        {"claims": []},
        {"claims": {}},
        {"principalId": "user-1"},
        {"claims": {"sub": ""}},
        {"claims": {"sub": None}},
        {"claims": {"sub": ["user-1"]}},
        {"claims": {"sub": "user-1#COURSE"}},
        {"claims": {"sub": "user-1\n"}},
        {"claims": {"sub": "u" * 65}},
        {"claims": {"sub": "user-1", "token_use": "access"}},
        "user-1",
    ],
)
def test_claims_that_name_nobody_are_401(authorizer: object) -> None:
    """Half an authorizer is none; an access token is not an ID token."""
    with pytest.raises(NotAuthenticated):
        caller({"authorizer": authorizer})


def test_fault_76_headers_make_nobody(school: HttpSchool) -> None:
    """Only the authorizer's claims count, not what looks like them in headers, query or body."""
    headers = {"X-User-Id": "user-2", "X-Amzn-Oidc-Identity": "user-2", "cognito:groups": "admin"}
    assert school.get("/api/students/me?sub=user-2&groups=admin", headers=headers).body["userId"] == "user-1"
    assert school.get("/api/admin/coupons", headers=headers).status == 403


@pytest.mark.parametrize(
    ("claim", "is_admin"),
    [
        ("admin", True),
        ("students,admin", True),
        ("students, admin ", True),
        ("[admin user]", True),
        ("[admin, user]", True),
        (["user", "admin"], True),
        (None, False),
        ("", False),
        ("[]", False),
        ("Admin", False),
        ("administrators", False),
        ("not-admin", False),
        ("super admin", False),
        ("admin\u200b", False),
        ("аdmin", False),  # the first letter is Cyrillic
        ("ａｄｍｉｎ", False),
        ("[administrators]", False),
        ([["admin"]], False),
        ([{"admin": True}], False),
        ({"admin": True}, False),
        (True, False),
        ('["admin"]', False),
    ],
)
def test_fault_77_groups_are_compared_whole(school: HttpSchool, claim: object, is_admin: bool) -> None:
    """A list, "a,b" and "[a b]" are read; membership is exact."""
    answer = school.get("/api/admin/coupons", who=claims("user-1", claim))
    assert answer.status == (200 if is_admin else 403)


@pytest.mark.parametrize(("method", "path"), ADMIN)
def test_fault_78_only_the_group_makes_an_administrator(school: HttpSchool, method: str, path: str) -> None:
    """403 before the body is read; an attribute that says so makes nobody one."""
    impostor = claims("user-1", "students", **{"custom:role": "admin", "custom:groups": "admin", "roles": "admin"})
    answer = school.call(method, path.format(**VALUES), raw="{", who=impostor)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert not school.store.coupons


def test_fault_71_what_is_somebody_elses_is_not_there(school: HttpSchool) -> None:
    """Another student's session, checkout or enrollment is 404, the same as one that does not exist."""
    school.store.coupons["SPRING"] = a_coupon()
    session = school.start()
    mine = {
        ("GET", f"/api/payments/sessions/{session}"): "payment_session_not_found",
        ("GET", f"/api/bookings/{session}"): "payment_session_not_found",
        ("POST", f"/api/payments/sessions/{session}/cancel"): "payment_session_not_found",
        ("GET", "/api/checkout/session/cs_000001"): "payment_session_not_found",
        ("GET", "/api/enrollments/course-1"): "enrollment_not_found",
        ("PATCH", "/api/enrollments/course-1"): "enrollment_not_found",
    }
    for (method, path), code in mine.items():
        for who in (KIM, ADA):
            answer = school.call(method, path, {} if method == "PATCH" else None, who=who)
            assert (answer.status, answer.code) == (404, code), path
    assert school.get(f"/api/payments/sessions/{session}", who=SAM).body["status"] == "pending"


def test_fault_72_a_secret_is_shown_to_its_owner_only(school: HttpSchool) -> None:
    """The client secret is in the answer that opens the checkout, in no list, and never kept by a cache."""
    opened = school.post("/api/enrollments", {"courseId": "course-1"})
    assert opened.headers["cache-control"] == "no-store"
    for path in ("/api/payments/sessions", "/api/payments/sessions/ps_000001", "/api/checkout/session/cs_000001"):
        assert "secret" not in school.get(path).text


@pytest.mark.parametrize("claim", ["false", False, "", None])
def test_an_address_that_the_pool_has_not_verified_is_not_said_to_be(school: HttpSchool, claim: object) -> None:
    """Only a verified address replaces the one that is stored."""
    who = claims("user-3", email_verified=claim)
    if claim is None:
        del who["email_verified"]
    assert school.invoke(proxy_event("GET", "/api/students/me", who=who)).body["emailVerified"] is False


def test_the_authorizers_other_shapes_are_read(school: HttpSchool) -> None:
    """Claims as JSON types, as a local gateway may give them, are the same person."""
    who = claims("user-3", email="k@example.com", email_verified=True, exp=1)
    del who["name"]
    event: dict[str, Any] = proxy_event("GET", "/api/students/me", who=who)
    assert school.invoke(event).body["emailVerified"] is True
    event["requestContext"]["authorizer"]["claims"] |= {"sub": "user-4", "email": None, "email_verified": "True"}
    assert school.invoke(event).body | {"createdAt": "", "updatedAt": ""} == {
        "userId": "user-4",
        "email": "",
        "name": "",
        "emailVerified": True,
        "createdAt": "",
        "updatedAt": "",
    }
