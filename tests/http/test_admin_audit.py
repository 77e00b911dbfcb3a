"""What the office did, over HTTP; and who of the office may call which route."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.http.permissions import PERMISSIONS, Role, roles_for
from tests.support.factories import a_coupon
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, SAM, HttpSchool
from tests.support.http.openapi import operations

AUDIT = "/api/admin/audit"
OFFICE = sorted(f"{method} {path}" for method, path in operations() if path.startswith("/api/admin/"))
PAGE = Path(__file__).resolve().parents[2] / "docs" / "office.md"


def _all(school: HttpSchool, query: str = "", **more: Any) -> list[dict[str, Any]]:
    answer = school.get(f"{AUDIT}{query}", who=ADA, **more)
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.body
    return found


# -- the table of permissions -----------------------------------------------------------------------------------------


def test_the_table_names_every_route_of_the_office_and_no_other() -> None:
    """A new route without a row would be for administrators only; a row without a route is dead."""
    assert sorted(PERMISSIONS) == OFFICE


def test_a_route_without_a_row_is_for_administrators() -> None:
    """Whoever forgets the table shuts people out, and lets nobody in."""
    assert roles_for("GET", "/api/admin/forgotten") == {Role.ADMIN}


def test_an_administrator_may_do_everything() -> None:
    """The school's own people are never locked out."""
    assert all(Role.ADMIN in roles for roles in PERMISSIONS.values())


@pytest.mark.parametrize("route", OFFICE)
@pytest.mark.parametrize("group", [*Role, "students", ""])
def test_only_the_roles_of_the_table_are_let_in(school: HttpSchool, route: str, group: str) -> None:
    """Whoever has one of them is not told 403; whoever has none is, before the body is read, and nothing happens."""
    method, path = route.split(" ")
    values = {"userId": "user-9", "refundId": "r-1", "courseId": "nope", "id": "ps_9", "code": "NOPE"}
    body = "{" if method != "GET" else None
    answer = school.call(method, path.format(**values), who=claims("user-1", group), raw=body)
    if group in PERMISSIONS[route]:
        assert answer.status != 403
    else:
        assert (answer.status, answer.code) == (403, "forbidden")
    assert not school.store.audit


def test_the_document_has_the_table() -> None:
    """What people read about permissions is what the code does."""
    rows = re.findall(r"^\| `(\w+ /api/admin[^`]*)`.*\| ([a-z, ]+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    described = {route: set(roles.split(", ")) for route, roles in rows}
    assert described == {route: {role.value for role in roles} for route, roles in PERMISSIONS.items()}


# -- the records ------------------------------------------------------------------------------------------------------


def test_fault_130_who_did_what_and_why_is_shown(school: HttpSchool) -> None:
    """An administrator changes a coupon: the change is there at once, with the fields that changed."""
    school.store.coupons["SPRING"] = a_coupon()
    body = {"isActive": False, "reason": "The campaign is over."}
    assert school.patch("/api/admin/coupons/SPRING", body, who=ADA).status == 200
    assert _all(school) == [
        {
            "auditId": "au_000001",
            "action": "coupon_changed",
            "by": "admin-1",
            "at": "2026-01-15T12:00:00.250Z",
            "reason": "The campaign is over.",
            "couponCode": "SPRING",
            "before": {"active": True},
            "after": {"active": False},
        }
    ]


def test_records_are_found_by_month_person_and_subject(school: HttpSchool) -> None:
    """Each way leads to its own records."""
    eva = claims("admin-2", groups="admin")
    school.get("/api/students/me", who=SAM)
    school.put("/api/admin/students/user-1/enrollments/course-1", {"reason": "Won it."}, who=ADA)
    school.clock.advance(timedelta(days=20))
    school.post("/api/admin/coupons", {"code": "NEW", "discountType": "fixed", "discountValue": 100}, who=eva)
    granted, issued = "enrollment_granted", "coupon_issued"
    expected = {
        "": [issued],
        "?month=2026-01": [granted],
        "?month=2026-02&by=admin-2": [issued],
        "?month=2026-02&by=admin-1": [],
        "?user=user-1": [granted],
        "?coupon=new": [issued],
        "?course=course-1": [],
        "?user=user-2": [],
    }
    found = {query: [record["action"] for record in _all(school, query)] for query in expected}
    assert found == expected


def test_records_come_in_pages(school: HttpSchool) -> None:
    """X-Next-Cursor leads on and is absent on the last page; the cursor of one list moves nobody into another."""
    school.store.coupons["SPRING"] = a_coupon()
    for number in range(3):
        school.clock.advance(timedelta(minutes=1))
        school.patch("/api/admin/coupons/SPRING", {"name": f"Spring {number}"}, who=ADA)
    first = school.get(f"{AUDIT}?limit=2", who=ADA)
    assert [record["after"]["name"] for record in first.body] == ["Spring 2", "Spring 1"]
    rest = school.get(f"{AUDIT}?limit=2&cursor={first.headers['x-next-cursor']}", who=ADA)
    assert [record["after"]["name"] for record in rest.body] == ["Spring 0"]
    assert "x-next-cursor" not in rest.headers


@pytest.mark.parametrize(
    "query",
    [
        "month=2026-13",
        "month=2026",
        "month=",
        "month=0000-01",
        "month=2026-01-01",
        "limit=0",
        "limit=101",
        "cursor=x",
        "by=",
        f"by={'x' * 129}",
        "user=a%23b",
        "user=",
        "course=a b",
        "user=user-1&month=2026-01",
        "user=user-1&by=admin-1",
        "user=user-1&course=course-1",
    ],
)
def test_what_cannot_be_asked_for_is_refused(school: HttpSchool, query: str) -> None:
    """With a sentence that says what is wrong."""
    answer = school.get(f"{AUDIT}?{query}", who=ADA)
    assert answer.status == 400
    assert answer.sentence.endswith(".")
