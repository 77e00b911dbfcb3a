"""What the office did, over HTTP; and who of the office may call which route."""

from __future__ import annotations

import csv
import json
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from adapters.http.permissions import PERMISSIONS, Role, roles_for
from tests.support.factories import PRICE, a_coupon
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, KIM, SAM, HttpSchool
from tests.support.http.openapi import operations
from tests.support.reversal_factories import an_audit_record

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
    values = {
        "userId": "user-9",
        "refundId": "r-1",
        "courseId": "nope",
        "id": "ps_9",
        "code": "NOPE",
        "invitationId": "i-1",
    }
    body = "{" if method not in {"GET", "DELETE"} else None
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
            "role": "admin",
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


def _done_by(school: HttpSchool, who: dict[str, Any]) -> None:
    """Everything that the office can change, by whoever may; what this person may not is refused."""
    student, course, payment = "/api/admin/students/user-1", "/api/admin/courses/course-1", "/api/admin/payments"
    why = {"reason": "As agreed."}
    new_course = {"courseId": "new-1", "name": "New", "pricingModel": "free", **why}
    for method, path, body in (
        ("PUT", f"{student}/enrollments/free-1", why),
        ("POST", f"{student}/enrollments/free-1/revoke", why | {"bar": True}),
        ("POST", f"{student}/enrollments/free-1/unbar", why),
        ("POST", f"{student}/enrollments/free-1/reinstate", why),
        ("PUT", f"{payment}/ps_000001/refunds/r-1", why | {"amount": 100}),
        ("PUT", f"{payment}/ps_000001/repayments/r-2", why | {"amount": 100}),
        ("POST", f"{payment}/ps_000002/resolve", {"resolution": "dismissed", "note": "Agreed."}),
        ("POST", "/api/admin/courses", new_course),
        ("PATCH", course, why | {"name": "Other"}),
        ("PUT", f"{course}/price", why | {"price": 9_900, "currency": "usd"}),
        ("PUT", f"{course}/sales", why | {"closed": True}),
        ("PUT", "/api/admin/sales", why | {"closed": True}),
        ("POST", "/api/admin/coupons", why | {"code": "NEW", "discountType": "fixed", "discountValue": 100}),
        ("PATCH", "/api/admin/coupons/NEW", why | {"isActive": False}),
    ):
        assert school.call(method, path, body, who=who).status in (200, 201, 403), path


@pytest.mark.parametrize(
    ("groups", "role", "records"),
    [("admin", "admin", 14), ("support", "support", 4), ("finance", "finance", 3), ("finance,support", "", 7)],
)
def test_every_record_says_in_which_role(groups: str, role: str, records: int) -> None:
    """Whoever has two acts in the one that the route asks for."""
    school = HttpSchool()
    school.pay(school.start())
    school.post("/api/enrollments", {"courseId": "course-1"}, who=KIM)
    school.receive(school.provider.pay("ps_000002", amount=evolve(PRICE, amount=1)))
    _done_by(school, claims("office-1", groups=groups))
    assert len(school.store.audit) == records
    roles = {str(record.role) for record in school.store.audit}
    assert roles == ({role} if role else {"finance", "support"})


def test_the_records_of_a_month_are_a_file(school: HttpSchool) -> None:
    """As a spreadsheet reads it, with nothing that it would compute; one person's alone if asked for."""
    school.store.coupons["SPRING"] = a_coupon()
    school.patch("/api/admin/coupons/SPRING", {"name": "=1+1", "reason": "=HYPERLINK(1)"}, who=ADA)
    answer = school.get(f"{AUDIT}/records.csv?month=2026-01", who=ADA)
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-2026-01.csv"'
    [row] = csv.DictReader(StringIO(answer.text))
    assert (row["action"], row["by"], row["role"], row["reason"]) == (
        "coupon_changed",
        "admin-1",
        "admin",
        "'=HYPERLINK(1)",
    )
    assert json.loads(row["after"]) == {"name": "=1+1"}
    for query in ("month=2026-01&by=admin-2", "month=2025-12"):
        assert len(school.get(f"{AUDIT}/records.csv?{query}", who=ADA).text.splitlines()) == 1


def test_a_file_of_many_records_comes_in_pages(school: HttpSchool) -> None:
    """Joined, they are one file: only the first has the names of the columns."""
    for number in range(501):
        school.store.audit.append(an_audit_record(audit_id=f"au_{number:04}", at=school.clock.now()))
    first = school.get(f"{AUDIT}/records.csv", who=ADA)
    rest = school.get(f"{AUDIT}/records.csv?cursor={first.headers['x-next-cursor']}", who=ADA)
    assert "x-next-cursor" not in rest.headers
    rows = list(csv.DictReader(StringIO(first.text + rest.text)))
    assert [row["audit_id"] for row in rows] == [f"au_{number:04}" for number in range(500, -1, -1)]


@pytest.mark.parametrize("query", ["user=user-1", "limit=5", "month=2026", "by=", "cursor=x"])
def test_a_file_of_something_else_is_refused(school: HttpSchool, query: str) -> None:
    """A file is of a month."""
    assert school.get(f"{AUDIT}/records.csv?{query}", who=ADA).status == 400


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
