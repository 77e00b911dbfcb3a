"""What administrators do about money and enrollments over HTTP: refund, repay, grant, revoke, reinstate, unbar."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.payments.reversals import DisputeStatus
from tests.support.http.http_school import ADA, SAM, Answer, HttpSchool

PAYMENT = "/api/admin/payments/ps_000001"
ENROLLMENT = "/api/admin/students/user-1/enrollments/course-1"
HISTORY = "/api/payments/sessions/ps_000001"
CHECK = "/api/enrollments/check/course-1"


@pytest.fixture
def school() -> HttpSchool:
    """A student has paid and is enrolled."""
    made = HttpSchool()
    assert made.receive(made.provider.pay(made.start())).status == 200
    made.clock.advance(timedelta(minutes=5))
    return made


def refund(school: HttpSchool, refund_id: str = "r-1", who: Any = ADA, **body: Any) -> Answer:
    """An administrator refunds."""
    return school.put(f"{PAYMENT}/refunds/{refund_id}", {"reason": "moved away"} | body, who=who)


def test_a_full_refund_ends_the_enrollment_and_says_so(school: HttpSchool) -> None:
    """The office sees the sums, the student the word, and may buy again."""
    answer = refund(school)
    assert answer.status == 200
    made = answer.body["refund"]
    assert (made["status"], made["amount"], made["requestedBy"], made["reason"]) == (
        "succeeded", 14_999, "admin-1", "moved away",
    )  # fmt: skip
    payment = answer.body["payment"]
    assert (payment["status"], payment["received"], payment["kept"], payment["refunded"]) == (
        "refunded", 14_999, 0, 14_999,
    )  # fmt: skip
    assert school.get(HISTORY, who=SAM).body["status"] == "refunded"
    assert school.get(CHECK, who=SAM).body == {"enrolled": False}
    assert school.post("/api/enrollments", {"courseId": "course-1"}).status == 201


def test_a_partial_refund_keeps_access(school: HttpSchool) -> None:
    """The student reads that a part came back, and how much."""
    assert "givenBack" not in school.get(HISTORY, who=SAM).body
    assert refund(school, amount=5_000).status == 200
    told = school.get(HISTORY, who=SAM).body
    assert (told["paymentStatus"], told["givenBack"]) == ("partially_refunded", 5_000)
    assert school.get(CHECK, who=SAM).body == {"enrolled": True}


def test_repeating_a_refund_answers_the_same_refund(school: HttpSchool) -> None:
    """A double click moves money once; another amount under the same id is refused."""
    first, again = refund(school, amount=5_000), refund(school, amount=5_000)
    assert (again.status, again.body) == (200, first.body)
    assert len(school.provider.bank.movements) == 2
    other = refund(school, amount=6_000)
    assert (other.status, other.code) == (409, "refund_differs")


@pytest.mark.parametrize(
    ("body", "code"),
    [({"amount": 15_000}, "refund_too_large"), ({"amount": 0}, "invalid_value"), ({"amount": -1}, "invalid_value")],
)
def test_a_refund_that_cannot_be_is_refused(school: HttpSchool, body: dict[str, Any], code: str) -> None:
    """With the reason, and nothing moves."""
    answer = refund(school, **body)
    assert (answer.status in (400, 409), answer.code) == (True, code)
    assert len(school.provider.bank.movements) == 1


@pytest.mark.parametrize("refund_id", ["r%231", "x" * 65, "a b"])
def test_an_id_that_cannot_be_one_is_refused(school: HttpSchool, refund_id: str) -> None:
    """It becomes part of a key."""
    assert refund(school, refund_id).status == 400


def test_nothing_is_left_to_refund_twice(school: HttpSchool) -> None:
    """409 for what was given back already."""
    refund(school)
    answer = refund(school, "r-2")
    assert (answer.status, answer.code) == (409, "nothing_to_refund")


def test_a_disputed_payment_is_shown_and_not_refunded(school: HttpSchool) -> None:
    """It would go back twice; a lost dispute bars the student until an administrator lifts the bar."""
    dispute = school.provider.bank.dispute("pi_000001", school.clock.now())
    assert school.receive(school.provider.reported("pi_000001")).status == 200
    assert school.get(HISTORY, who=SAM).body["paymentStatus"] == "disputed"
    assert refund(school).code == "payment_disputed"
    by_hand = school.put(f"{PAYMENT}/repayments/b-1", {"reason": "by bank"}, who=ADA)
    assert (by_hand.status, by_hand.code) == (409, "payment_disputed")
    school.provider.bank.decide("pi_000001", dispute, DisputeStatus.LOST, school.clock.now())
    assert school.receive(school.provider.reported("pi_000001")).status == 200
    assert school.get(HISTORY, who=SAM).body["status"] == "charged_back"
    barred = school.post("/api/enrollments", {"courseId": "course-1"})
    assert (barred.status, barred.code) == (403, "enrollment_barred")
    lifted = school.post(f"{ENROLLMENT}/unbar", {"reason": "it was her bank"}, who=ADA)
    assert (lifted.status, lifted.body["barred"], lifted.body["cause"]) == (200, False, "charged_back")
    assert school.post("/api/enrollments", {"courseId": "course-1"}).status == 201


def test_a_repayment_outside_the_provider_counts(school: HttpSchool) -> None:
    """A later refund cannot pay the same money again."""
    answer = school.put(f"{PAYMENT}/repayments/b-1", {"amount": 10_000, "reason": "by bank"}, who=ADA)
    assert (answer.status, answer.body["payment"]["kept"], answer.body["refund"]["kind"]) == (200, 4_999, "repayment")
    assert refund(school, amount=5_000).code == "refund_too_large"


def test_revoke_and_reinstate(school: HttpSchool) -> None:
    """Access ends and comes back with its progress; both are recorded."""
    school.patch("/api/enrollments/course-1", {"progress": 40}, who=SAM)
    revoked = school.post(f"{ENROLLMENT}/revoke", {"reason": "shared it", "bar": True}, who=ADA)
    assert (revoked.status, revoked.body["cause"], revoked.body["barred"]) == (200, "revoked", True)
    assert school.get(CHECK, who=SAM).body == {"enrolled": False}
    assert school.post("/api/enrollments", {"courseId": "course-1"}).code == "enrollment_barred"
    back = school.post(f"{ENROLLMENT}/reinstate", {"reason": "a mistake"}, who=ADA)
    assert (back.status, back.body["progress"]) == (200, 40)
    assert [record.action.value for record in school.store.audit] == ["enrollment_revoked", "enrollment_reinstated"]
    assert {record.by for record in school.store.audit} == {"admin-1"}


def test_grant(school: HttpSchool) -> None:
    """An administrator gives a course; repeating it answers the same enrollment."""
    path = "/api/admin/students/user-1/enrollments/free-1"
    given = school.put(path, {"reason": "prize"}, who=ADA)
    assert (given.status, given.body["source"]) == (200, "grant")
    assert school.put(path, {"reason": "prize"}, who=ADA).body == given.body
    nobody = school.put("/api/admin/students/user-404/enrollments/free-1", {"reason": "prize"}, who=ADA)
    assert (nobody.status, nobody.code) == (404, "student_not_found")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"{PAYMENT}/refunds/r-1", {"reason": "x"}),
        ("PUT", f"{PAYMENT}/repayments/r-1", {"reason": "x"}),
        ("GET", PAYMENT, None),
        ("PUT", ENROLLMENT, {"reason": "x"}),
        ("POST", f"{ENROLLMENT}/revoke", {"reason": "x"}),
        ("POST", f"{ENROLLMENT}/reinstate", {"reason": "x"}),
        ("POST", f"{ENROLLMENT}/unbar", {"reason": "x"}),
    ],
)
def test_students_may_do_none_of_it(school: HttpSchool, method: str, path: str, body: Any) -> None:
    """403, their own payment included, and nothing changes."""
    answer = school.call(method, path, body, who=SAM)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert school.get(CHECK, who=SAM).body == {"enrolled": True}
