"""Money that needs a person: seen, decided and recorded over HTTP, against the running product."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.stack.running_stack import PAID, LiveSchool, Visitor

pytestmark = pytest.mark.journey

REVIEWS = "/api/admin/payments?status=review"


def in_review(school: LiveSchool) -> tuple[Visitor, str]:
    """A student's payment arrived in another amount than agreed."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    emulator = school.stack.emulator
    assert emulator is not None
    emulator.control.tamper(checkout_id, {"amount_total": 1})
    school.pay(checkout_id)
    school.hear()
    assert student.session(session_id)["status"] == "review"
    return student, session_id


def listed(admin: Visitor, session_id: str) -> list[dict[str, Any]]:
    """The payment as an administrator sees it waiting."""
    return [found for found in admin.get(REVIEWS).body if found["id"] == session_id]


def test_a_payment_in_review_is_refunded_by_a_person(school: LiveSchool) -> None:
    """Until somebody decides nobody can pay twice; afterwards the student may begin anew."""
    student, session_id = in_review(school)
    admin = school.admin()
    assert student.enroll().code == "payment_in_review"
    (shown,) = listed(admin, session_id)
    assert (shown["reviewReason"], shown["userId"]) == ("amount_mismatch", student.user_id)
    path = f"/api/admin/payments/{session_id}/resolve"
    assert student.post(path, {"resolution": "enrolled"}).status == 403
    decided = admin.post(path, {"resolution": "refunded", "note": "Refunded at Stripe."})
    assert (decided.status, decided.body["resolution"]) == (200, "refunded")
    assert decided.body["resolvedBy"] == admin.user_id
    assert listed(admin, session_id) == []
    assert admin.post(path, {"resolution": "enrolled"}).code == "already_resolved"
    assert not student.is_enrolled()
    assert student.enroll().status == 201


def test_a_payment_in_review_is_honoured_by_a_person(school: LiveSchool) -> None:
    """Recorded as enrolled, the student is in the course, and shown among its students page by page."""
    student, session_id = in_review(school)
    admin = school.admin()
    assert admin.post(f"/api/admin/payments/{session_id}/resolve", {"resolution": "enrolled"}).status == 200
    assert student.is_enrolled()
    assert student.session(session_id)["status"] == "completed"
    other = school.student()
    school.pay(other.checkout()[1])
    school.hear()
    path, seen = f"/api/admin/courses/{PAID}/enrollments?limit=1", list[str]()
    cursor: str | None = ""
    while cursor is not None:
        page = admin.get(path + (f"&cursor={cursor}" if cursor else ""))
        seen += [enrollment["userId"] for enrollment in page.body]
        cursor = page.headers.get("x-next-cursor")
    assert {student.user_id, other.user_id} <= set(seen)
    assert len(seen) == len(set(seen))
    assert student.get(path).status == 403
