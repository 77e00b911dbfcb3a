"""What is stored about a person, taken out and deleted over HTTP."""

from __future__ import annotations

import json

import pytest

from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, KIM, SAM, HttpSchool

WHY = {"reason": "Asked for on paper."}
SUPPORT = claims("support-1", groups="support")


def test_a_student_takes_out_what_is_theirs(school: HttpSchool) -> None:
    """Payments, decisions and all; neither who of the office decided nor ids at the provider."""
    school.pay(school.start())
    order = {"amount": 1_000, "reason": "A module fell out."}
    assert school.put("/api/admin/payments/ps_000001/refunds/r1", order, who=ADA).status == 200
    answer = school.post("/api/students/me/export")
    assert answer.status == 200
    body = answer.body
    assert body["student"]["email"] == SAM["email"]
    assert body["payments"][0]["payment"]["id"] == "ps_000001"
    assert body["payments"][0]["refunds"][0]["amount"] == 1_000
    assert [one["action"] for one in body["decisions"]] == ["refund_requested"]
    assert "admin-1" not in answer.text
    assert "cus_" not in answer.text


def test_a_student_deletes_themselves(school: HttpSchool) -> None:
    """By saying so; their record, name and address are gone, what they paid is not."""
    school.pay(school.start())
    school.get("/api/students/me")
    assert school.post("/api/students/me/deletion", {}).status == 400
    assert school.post("/api/students/me/deletion", {"confirm": "yes"}).status == 400
    answer = school.post("/api/students/me/deletion", {"confirm": "delete"})
    assert answer.body == {"userId": "user-1", "enrollmentsEnded": 1, "paymentsKept": 1, "signInDeleted": False}
    assert school.get("/api/enrollments").body == []
    kept = school.get("/api/admin/students/user-1", who=ADA)
    assert "student" not in kept.body
    assert str(SAM["email"]) not in json.dumps(kept.body)
    assert kept.body["audit"][0]["by"] == "user-1"
    exported = school.post("/api/admin/students/user-1/export", {"reason": "Asked for."}, who=ADA)
    assert "student_deleted" in exported.text
    assert "cus_" not in exported.text, "the record of the deletion names the customer, for the office alone"


def test_nobody_is_deleted_while_money_is_on_its_way(school: HttpSchool) -> None:
    """The sentence says what to do."""
    school.start()
    school.receive(school.provider.promise("ps_000001"))
    answer = school.post("/api/students/me/deletion", {"confirm": "delete"})
    assert (answer.status, answer.code) == (409, "money_under_way")
    assert "try again" in answer.sentence


@pytest.mark.parametrize("what", ["export", "deletion"])
def test_administrators_may_do_so_for_others(school: HttpSchool, what: str) -> None:
    """They alone, with a reason; other students are never reached."""
    school.get("/api/students/me")
    path = f"/api/admin/students/user-1/{what}"
    for who in (KIM, SUPPORT):
        assert school.post(path, WHY, who=who).status == 403
    assert school.post(path, {"reason": ""}, who=ADA).status == 400
    answer = school.post(path, WHY, who=ADA)
    assert (answer.status, answer.body["userId"]) == (200, "user-1")
    assert school.post(f"/api/admin/students/nobody/{what}", WHY, who=ADA).status == 404
    [record] = school.get("/api/admin/audit?user=user-1", who=ADA).body
    assert (record["by"], record["reason"]) == ("admin-1", WHY["reason"])


def test_an_export_is_not_kept_under_an_idempotency_key(school: HttpSchool) -> None:
    """It is made anew each time: what is stored about a person is stored once."""
    school.get("/api/students/me")
    key = {"Idempotency-Key": "again", "Content-Type": "application/json"}
    for _ in range(2):
        answer = school.post("/api/students/me/export", headers=key)
        assert answer.status == 200
        assert "idempotent-replayed" not in answer.headers
    assert len(school.get("/api/admin/audit?user=user-1", who=ADA).body) == 2
