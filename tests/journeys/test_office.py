"""An administrator's day, over HTTP and on the command line: a course, a campaign, a sale, a complaint, a pause."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from scripts.ops.cli import ops
from tests.support.stack.running_stack import PAID, LiveSchool, Reply, Visitor

pytestmark = pytest.mark.journey

WHY = {"reason": "The day's business."}


def put(who: Visitor, path: str, body: dict[str, Any]) -> Reply:
    """PUT, as JSON."""
    return who.send("PUT", path, json.dumps(body).encode())


def in_role(school: LiveSchool, role: str) -> Visitor:
    """Somebody of the office."""
    return school.student(role, **{"cognito:groups": [role]})


def command(*words: str) -> Any:
    """What a command prints as JSON."""
    result = CliRunner().invoke(ops, [*words, "--stage", "local", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def bought(school: LiveSchool, course: str, **more: object) -> tuple[Visitor, str]:
    """A student buys the course."""
    student = school.regular()
    session_id, checkout_id = student.checkout(course, **more)
    school.pay(checkout_id)
    school.hear()
    assert student.is_enrolled(course)
    return student, session_id


def test_an_administrators_day(school: LiveSchool) -> None:
    """Everything that the office did is stored, seen by whoever asks, and on record with who and why."""
    ada, sue, finn = school.admin(), in_role(school, "support"), in_role(school, "finance")
    course = f"DAY-{uuid.uuid4().hex[:8]}"
    one = f"/api/admin/courses/{course}"

    # A new course: announced, priced anew, opened.
    made = ada.post(
        "/api/admin/courses",
        {"courseId": course, "name": "A new course", "pricingModel": "paid", "price": 10_000, **WHY},
    )
    assert (made.status, made.body["comingSoon"]) == (201, True)
    assert school.regular().enroll(course).code == "course_not_open"
    assert put(ada, f"{one}/price", {"price": 12_000, "currency": "usd", **WHY}).body["price"] == 120
    assert command("courses", "change", course, "--open", "--reason", "It begins.")["state"] == "open"

    # A campaign, and two sales.
    code = school.coupon(applicableCourses=[course], maxUses=5)
    assert command("coupons", "change", code, "--name", "Opening week", "--reason", "A name.")["name"] == "Opening week"
    kim, _ = bought(school, course, referral="partner-7")
    sam, session = bought(school, course, couponCode=code)

    # A complaint: support finds the student and the payment, finance gives the money back.
    [found] = sue.get(f"/api/admin/students?email={sam.email.upper()}").body
    assert found["userId"] == sam.user_id
    history = sue.get(f"/api/admin/students/{sam.user_id}").body
    assert [payment["payment"]["id"] for payment in history["payments"]] == [session]
    assert put(sue, f"/api/admin/payments/{session}/refunds/r-1", WHY).status == 403
    assert put(finn, f"/api/admin/payments/{session}/refunds/r-1", WHY).status == 200
    school.hear()
    story = sue.get(f"/api/admin/payments/{session}/history").body
    assert [entry["amount"] for entry in story["ledger"]] == [9_600, -9_600]
    assert [one["counted"] for one in story["atProvider"]["reversals"]] == [9_600]
    assert not sam.is_enrolled(course)

    # A pause: nobody new, who is in stays in.
    assert put(ada, f"{one}/sales", {"closed": True, **WHY}).status == 200
    assert school.regular().enroll(course).code == "sales_closed"
    assert kim.is_enrolled(course)
    assert command("courses", "open", course, "--reason", "Over.")["state"] == "open"

    # What the day left behind.
    listed = finn.get(f"/api/admin/payments?course={course}").body
    assert [(payment["status"], payment["source"]) for payment in listed] == [
        ("refunded", "promotion"),
        ("completed", "referral"),
    ]
    done = [record["action"] for record in finn.get(f"/api/admin/audit?course={course}").body]
    assert done == ["sales_opened", "sales_closed", "course_changed", "course_repriced", "course_created"]
    [record] = finn.get(f"/api/admin/audit?user={sam.user_id}").body
    assert (record["action"], record["by"]) == ("refund_requested", finn.user_id)
    assert [one["action"] for one in command("audit", "list", "--coupon", code)] == ["coupon_changed", "coupon_issued"]
    assert sam.email not in school.emitted.getvalue()


HOSTILE = 'Zoë "Öztürk" <script>alert(1)</script>\n{"_aws": {"CloudWatchMetrics": []}}'


def test_nothing_personal_of_a_hostile_name_is_kept_or_logged(
    school: LiveSchool, caplog: pytest.LogCaptureFixture
) -> None:
    """A name that would break out of a line, and an address: neither in logs, metrics, ledger, messages nor records."""
    sam, sue = school.student("o+hostile.tag", name=HOSTILE), in_role(school, "support")
    assert sam.get("/api/students/me").status == 200
    session, checkout_id = sam.checkout()
    school.pay(checkout_id)
    school.hear()
    ada = school.admin()
    student = f"/api/admin/students/{sam.user_id}"
    [found] = sue.get(f"/api/admin/students?email={quote(sam.email)}").body
    assert (found["userId"], "Öztürk" in found["name"]) == (sam.user_id, True)
    assert sue.get(f"/api/admin/payments?find={quote(sam.email)}").status == 400
    assert sue.get(f"/api/admin/payments?email={quote(sam.email)}&user=x").status == 400
    assert sue.get(f"/api/admin/students/{quote(sam.email)}").status == 404
    assert put(sue, f"/api/admin/payments/{session}/refunds/r-1", WHY | {"amount": 100}).status == 403
    assert put(ada, f"/api/admin/payments/{session}/refunds/r-1", WHY | {"amount": 100}).status == 200
    assert sue.post(f"{student}/enrollments/{PAID}/revoke", WHY).status == 200
    assert sue.post(f"{student}/enrollments/{PAID}/reinstate", WHY).status == 200
    school.hear()

    private = (sam.email, "hostile.tag", "Öztürk", "script>alert", "_aws\\")
    written = school.emitted.getvalue() + caplog.text
    assert [text for text in private if text in written] == []
    kept = [item for item in school.storage.items() if item["PK"] != f"USER#{sam.user_id}" or item["SK"] != "METADATA"]
    assert [item["SK"] for item in kept if any(text in json.dumps(item, default=str) for text in private)] == []
