"""What somebody of the office may send by mistake or in malice, to every route: a sentence, and nothing half done."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from adapters.http.permissions import PERMISSIONS
from tests.http.test_ids import NASTY
from tests.support.factories import a_coupon
from tests.support.http.http_school import ADA, KIM, HttpSchool
from tests.support.http.openapi import operations

STUDENT, PAYMENT = "/api/admin/students/{userId}", "/api/admin/payments/{id}"
COURSE, COUPON = "/api/admin/courses/{courseId}", "/api/admin/coupons/{code}"
WHY = {"reason": "As agreed."}
GOOD = {
    "invitationId": "invitation-1",
    "userId": "user-1",
    "courseId": "course-1",
    "id": "ps_000001",
    "refundId": "r-1",
    "code": "SPRING",
}
UNKNOWN = {
    "invitationId": "invitation-9",
    "userId": "user-9",
    "courseId": "none-1",
    "id": "ps_999999",
    "code": "NONE-1",
}
BODIES: dict[str, dict[str, Any]] = {
    f"PUT {STUDENT}/enrollments/{{courseId}}": WHY,
    f"POST {STUDENT}/export": WHY,
    f"POST {STUDENT}/deletion": WHY,
    f"POST {STUDENT}/enrollments/{{courseId}}/revoke": WHY | {"bar": True},
    f"POST {STUDENT}/enrollments/{{courseId}}/reinstate": WHY,
    f"POST {STUDENT}/enrollments/{{courseId}}/unbar": WHY,
    f"POST {PAYMENT}/resolve": {"resolution": "dismissed", "note": "As agreed."},
    f"PUT {PAYMENT}/refunds/{{refundId}}": WHY | {"amount": 100},
    f"PUT {PAYMENT}/repayments/{{refundId}}": WHY | {"amount": 100},
    "POST /api/admin/courses": WHY | {"courseId": "new-1", "name": "New", "pricingModel": "paid", "price": 900},
    f"PATCH {COURSE}": WHY | {"name": "Other", "before": {"name": "AWS Cloud Mastery"}},
    f"PUT {COURSE}/capacity": WHY | {"capacity": 20},
    f"PUT {COURSE}/price": WHY | {"price": 9_900, "currency": "usd"},
    f"PUT {COURSE}/sales": WHY | {"closed": True},
    f"POST {COURSE}/interest/forget": {"email": "sam@example.com"},
    f"POST {COURSE}/invitations": WHY | {"email": "sam@example.com"},
    "PUT /api/admin/sales": WHY | {"closed": True},
    "POST /api/admin/coupons": WHY | {"code": "NEW-1", "discountType": "fixed", "discountValue": 100},
    f"PATCH {COUPON}": WHY | {"isActive": False},
}
LISTS = {
    "/api/admin/audit": "",
    "/api/admin/audit/records.csv": "",
    "/api/admin/payments": "",
    "/api/admin/disputes": "",
    "/api/admin/courses": "",
    "/api/admin/coupons": "",
    "/api/admin/courses/course-1/enrollments": "",
    "/api/admin/courses/course-1/interest": "",
    "/api/admin/courses/course-1/invitations": "",
    "/api/admin/courses/course-1/waitlist": "",
    "/api/admin/figures/ledger.csv": "from=2026-01-01&to=2026-01-31",
}
HOSTILE: dict[str, object] = {
    "null": None,
    "true": True,
    "minus one": -1,
    "zero": 0,
    "a float": 1.5,
    "a huge number": 10**30,
    "an empty text": "",
    "blanks": "   ",
    "a long text": "x" * 6_000,
    "markup": "<script>alert(1)</script>",
    "a key": "COURSE#course-1",
    "a formula": "=1+1",
    "control characters": "\x00\x1b[2J\r\nX-Header: 1",
    "right to left": "\u202eabc",
    "an emoji": "🎓",
    "a list": [],
    "a deep list": [[[["x"]]]],
    "an object": {"S": "x"},
}


@pytest.fixture
def school() -> HttpSchool:
    """Sam has paid, Kim's checkout is open, and there is a coupon."""
    made = HttpSchool()
    made.store.coupons["SPRING"] = a_coupon()
    made.pay(made.start())
    assert made.post("/api/enrollments", {"courseId": "course-1"}, who=KIM).status == 201
    return made


def _kept(school: HttpSchool) -> Any:
    """Everything that the office could change."""
    store = school.store
    kept = (store.sessions, store.enrollments, store.coupons, store.courses, store.reversals)
    return [dict(one) for one in kept], list(store.audit), store.school, len(school.provider.bank.reversals)


def _filled(path: str, **changes: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: (GOOD | changes)[found[1]], path)


def test_every_route_that_changes_something_is_here() -> None:
    """A new one needs a row, and an old one goes with its route."""
    with_body = (route for route in PERMISSIONS if not route.startswith(("GET ", "DELETE ")))
    assert sorted(BODIES) == sorted(with_body)


@pytest.mark.parametrize("route", [route for route in PERMISSIONS if "{" in route])
def test_an_id_that_cannot_be_one_finds_nothing(school: HttpSchool, route: str) -> None:
    """Whichever part of the path it is in; the answer does not repeat it, and nothing is changed."""
    method, path = route.split(" ")
    before = _kept(school)
    for name in re.findall(r"{(\w+)}", path):
        for text in NASTY.values():
            if "/" in text or not text or text == "..":
                continue  # another path
            answer = school.call(method, _filled(path, **{name: text}), BODIES.get(route), who=ADA)
            assert answer.status in (400, 404), (name, text)
            assert answer.sentence.endswith(".")
            assert len(text) < 3 or text not in answer.text
    assert _kept(school) == before


@pytest.mark.parametrize("route", [route for route in PERMISSIONS if re.search(r"{(?!refundId)", route)])
def test_what_nobody_has_is_not_there(school: HttpSchool, route: str) -> None:
    """404, or 409 where all may enroll; for who is in or waits for a course that is gone, an empty list."""
    method, path = route.split(" ")
    before = _kept(school)
    for name in set(re.findall(r"{(\w+)}", path)) - {"refundId"}:
        answer = school.call(method, _filled(path, **{name: UNKNOWN[name]}), BODIES.get(route), who=ADA)
        nobody = answer.status < 400 and answer.body in ([], {"kept": False})
        assert answer.status in (404, 409) or nobody, (name, answer)
    assert _kept(school) == before


@pytest.mark.parametrize("route", BODIES)
@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'"x"', b"{", b'{"a":1,"a":2}', b"[" * 20_000, b'{"x":1}'])
def test_what_is_no_object_of_ours_is_refused(school: HttpSchool, route: str, raw: bytes) -> None:
    """400, before anything is looked up."""
    method, path = route.split(" ")
    before = _kept(school)
    answer = school.call(method, _filled(path), raw=raw, who=ADA)
    assert (answer.status, answer.sentence.endswith(".")) == (400, True)
    assert _kept(school) == before


@pytest.mark.parametrize("route", BODIES)
def test_no_value_of_a_field_is_our_fault(school: HttpSchool, route: str) -> None:
    """Whatever is in it: refused with a sentence and nothing changed, or taken; never half, and never our fault."""
    method, path = route.split(" ")
    for name in BODIES[route]:
        for value in HOSTILE.values():
            before = _kept(school)
            answer = school.call(method, _filled(path), BODIES[route] | {name: value}, who=ADA)
            assert answer.status in (200, 201, 400, 404, 409, 422), (name, value, answer)
            if answer.status >= 400:
                assert answer.sentence.endswith(".")
                assert _kept(school) == before, (name, value)


@pytest.mark.parametrize("route", [route for route in BODIES if not route.endswith("/export")])
def test_a_change_that_is_repeated_is_recorded_once(school: HttpSchool, route: str) -> None:
    """The same answer, or a conflict that says so; and no second record."""
    if "unbar" in route or "reinstate" in route:
        revoke = f"{_filled(STUDENT)}/enrollments/course-1/revoke"
        assert school.post(revoke, WHY | {"bar": True}, who=ADA).status == 200
    method, path = route.split(" ")
    answers = [school.call(method, _filled(path), BODIES[route], who=ADA) for _ in range(2)]
    records = len(school.store.audit)
    again = school.call(method, _filled(path), BODIES[route], who=ADA)
    assert len(school.store.audit) == records
    assert again.status in (answers[0].status, 409)
    assert again.status < 400 or again.sentence.endswith(".")


@pytest.mark.parametrize("path", LISTS)
def test_no_cursor_leads_out_of_its_list(school: HttpSchool, path: str) -> None:
    """One that no page gave is refused; so is the cursor of another list, or it moves nobody."""
    for cursor in ("", "x", "PSM%23", "eyJQSyI6IlVTRVIjdXNlci0xIn0", "VVNFUiN1c2VyLTE", "é", "a" * 3_000):
        answer = school.get(f"{path}?{LISTS[path]}&cursor={cursor}", who=ADA)
        assert (answer.status, answer.sentence.endswith(".")) == (400, True), cursor


@pytest.mark.parametrize("path", [path for path in LISTS if not path.endswith(".csv")])
@pytest.mark.parametrize("limit", ["0", "-1", "101", "1e2", "٣", "", " 5", "9" * 400])
def test_a_page_is_of_one_to_a_hundred(school: HttpSchool, path: str, limit: str) -> None:
    """Anything else is refused with a sentence."""
    assert school.get(f"{path}?limit={limit}", who=ADA).status == 400


@pytest.mark.parametrize("route", [route for route in PERMISSIONS if route.startswith("GET ")])
def test_no_query_is_our_fault(school: HttpSchool, route: str) -> None:
    """Every parameter of every route, with every text, once and twice."""
    path = route.removeprefix("GET ")
    known = [one for one in operations()["GET", path].get("parameters", []) if one.get("in") == "query"]
    texts = [json.dumps(value) if not isinstance(value, str) else value for value in HOSTILE.values()]
    for parameter in known:
        for text in texts:
            sent = text.replace("&", "").replace("=", "")
            for query in (f"{parameter['name']}={sent}", f"{parameter['name']}=1&{parameter['name']}={sent}"):
                answer = school.get(f"{_filled(path)}?{query}", who=ADA)
                assert answer.status in (200, 400, 404), (query, answer)
