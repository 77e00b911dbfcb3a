"""People and payments, found by whatever somebody has of them; one student's and one payment's whole story."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from domain.errors import ProviderUnavailable
from tests.support.factories import PRICE, a_coupon
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, KIM, SAM, HttpSchool
from tests.support.memory.misbehaving import Refusing, Unreachable

PAYMENTS = "/api/admin/payments"
STUDENTS = "/api/admin/students"
SUE = claims("support-1", groups="support")


@pytest.fixture
def school() -> HttpSchool:
    """Sam paid with a coupon; an hour later Kim began to."""
    made = HttpSchool()
    made.store.coupons["SPRING"] = a_coupon()
    made.pay(made.start(couponCode="SPRING"))
    made.clock.advance(timedelta(hours=1))
    assert made.post("/api/enrollments", {"courseId": "course-1"}, who=KIM).status == 201
    return made


def _ids(school: HttpSchool, query: str) -> list[str]:
    answer = school.get(f"{PAYMENTS}{query}", who=SUE)
    assert answer.status == 200, answer
    return [found["id"] for found in answer.body]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ps_000002", "ps_000001"]),
        ("?status=pending", ["ps_000002"]),
        ("?status=completed", ["ps_000001"]),
        ("?status=refunded", []),
        ("?course=course-1", ["ps_000002", "ps_000001"]),
        ("?course=free-1", []),
        ("?coupon=spring", ["ps_000001"]),
        ("?provider=stripe&amount=13499", ["ps_000001"]),
        ("?amount=14999", ["ps_000002"]),
        ("?user=user-2", ["ps_000002"]),
        ("?user=user-9", []),
        ("?email=user-1@example.com", ["ps_000001"]),
        ("?email=nobody@example.com", []),
        ("?from=2026-01-15T12:30:00Z", ["ps_000002"]),
        ("?to=2026-01-15T12:30:00Z", ["ps_000001"]),
        ("?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", []),
        ("?find=ps_000001", ["ps_000001"]),
        ("?find=cs_000002", ["ps_000002"]),
        ("?find=pi_000001", ["ps_000001"]),
        ("?find=pi_000009", []),
    ],
)
def test_payments_are_found_by_whatever_is_known(school: HttpSchool, query: str, found: list[str]) -> None:
    """The newest first."""
    assert _ids(school, query) == found


def test_a_payment_is_found_by_what_went_back_of_it(school: HttpSchool) -> None:
    """By the provider's id of a refund or a dispute, as its mails and dashboard have it."""
    school.put(f"{PAYMENTS}/ps_000001/refunds/r-1", {"amount": 100, "reason": "Asked for."}, who=ADA)
    [refund] = school.get(f"{PAYMENTS}/ps_000001/history", who=SUE).body["refunds"]
    assert _ids(school, f"?find={refund['providerRefundId']}") == ["ps_000001"]
    dispute = school.provider.bank.dispute("pi_000001", school.clock.now())
    assert _ids(school, f"?find={dispute}") == ["ps_000001"]


def test_what_nobody_knows_is_an_empty_list_and_silence_is_no_answer(school: HttpSchool) -> None:
    """Nothing found is said only where everybody who may know it was asked; what is stored needs nobody."""
    gateway = Unreachable(school.provider)
    silent = HttpSchool(store=school.store, clock=school.clock, gateway=gateway)
    assert _ids(silent, "?find=pi_000001") == _ids(silent, "?find=cs_000001") == ["ps_000001"]
    assert gateway.asked == []
    answer = silent.get(f"{PAYMENTS}?find=re_1", who=SUE)
    assert (answer.status, answer.code) == (503, ProviderUnavailable.code)
    refused = HttpSchool(
        store=school.store, clock=school.clock, gateway=Refusing(school.provider, refused=("payment_named_by",))
    )
    assert _ids(refused, "?find=re_1") == []


def test_payments_come_in_pages(school: HttpSchool) -> None:
    """X-Next-Cursor leads on and is absent on the last page."""
    first = school.get(f"{PAYMENTS}?limit=1", who=SUE)
    assert [found["id"] for found in first.body] == ["ps_000002"]
    rest = school.get(f"{PAYMENTS}?limit=1&cursor={first.headers['x-next-cursor']}", who=SUE)
    assert [found["id"] for found in rest.body] == ["ps_000001"]
    assert "x-next-cursor" not in rest.headers


@pytest.mark.parametrize(
    "query",
    [
        "status=",
        "status=open",
        "status=REVIEW",
        "status=reversed",
        "course=a%23b",
        "user=",
        "user=user-1&email=a@b.c",
        "email=sam",
        f"email={'x' * 250}@b.cd",
        "amount=1.5",
        "amount=-1",
        "amount=",
        "from=yesterday",
        "from=2026-01-01",
        "from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "to=0001-01-01T00:00:00Z",
        "user=user-1&to=0001-01-01T00:00:00Z",
        "limit=0",
        "limit=101",
        "cursor=x",
        "find=",
        "find=pi_1&status=review",
        "find=a%23b",
        "color=red",
    ],
)
def test_what_cannot_be_asked_for_is_refused(school: HttpSchool, query: str) -> None:
    """With a sentence, and without quoting what was sent."""
    answer = school.get(f"{PAYMENTS}?{query}", who=ADA)
    assert (answer.status, answer.sentence.endswith(".")) == (400, True)
    assert "x@" not in answer.text


def test_a_payment_is_shown_beside_what_the_provider_says(school: HttpSchool) -> None:
    """What is stored, booked and enrolled, and the provider's own numbers."""
    body = school.get(f"{PAYMENTS}/ps_000001/history", who=SUE).body
    assert body["payment"] == school.get(f"{PAYMENTS}/ps_000001", who=SUE).body
    assert body["enrollment"]["courseId"] == "course-1"
    assert [(entry["entryId"], entry["amount"]) for entry in body["ledger"]] == [("SALE", 13_499)]
    assert body["atProvider"] == {"received": 13_499, "receivedCurrency": "usd", "reversals": []}
    school.put(f"{PAYMENTS}/ps_000001/refunds/r-1", {"reason": "Asked for."}, who=ADA)
    body = school.get(f"{PAYMENTS}/ps_000001/history", who=SUE).body
    assert [(one["refundId"], one["status"]) for one in body["refunds"]] == [("r-1", "succeeded")]
    assert [(one["kind"], one["counted"]) for one in body["atProvider"]["reversals"]] == [("refund", 13_499)]
    assert body["endedEnrollment"]["cause"] == "refunded"
    assert "enrollment" not in body


def test_an_open_checkout_is_shown_as_the_provider_has_it(school: HttpSchool) -> None:
    """There is no payment yet, and so nothing received."""
    body = school.get(f"{PAYMENTS}/ps_000002/history", who=SUE).body
    assert body["atProvider"] == {"reversals": [], "checkoutStatus": "opened"}
    assert body["ledger"] == []


def test_a_provider_that_does_not_answer_is_a_part_of_the_answer(school: HttpSchool) -> None:
    """What we know is shown all the same."""
    silent = HttpSchool(store=school.store, clock=school.clock, gateway=Unreachable(school.provider))
    answer = silent.get(f"{PAYMENTS}/ps_000001/history", who=SUE)
    assert answer.status == 200
    assert answer.body["atProvider"] == {"reversals": [], "problem": ProviderUnavailable.code}


@pytest.mark.parametrize("name", ["ps_9", "nope%23"])
def test_a_payment_that_is_not_there_is_404(school: HttpSchool, name: str) -> None:
    """Whole story or not."""
    for path in (f"{PAYMENTS}/{name}", f"{PAYMENTS}/{name}/history"):
        assert school.get(path, who=ADA).code == "payment_session_not_found"


def test_reviews_show_what_was_really_received(school: HttpSchool) -> None:
    """One cent came instead of the price: who decides sees both."""
    school.receive(school.provider.pay("ps_000002", amount=evolve(PRICE, amount=1)))
    [found] = school.get(f"{PAYMENTS}?status=review", who=SUE).body
    assert (found["finalAmount"], found["received"], found["receivedCurrency"]) == (14_999, 1, "usd")
    assert found["reviewReason"] == "amount_mismatch"


# -- people -----------------------------------------------------------------------------------------------------------


def test_a_student_is_found_by_their_address(school: HttpSchool) -> None:
    """In any case of letters; a stranger is an empty list."""
    assert [found["userId"] for found in school.get(f"{STUDENTS}?email=USER-1@example.com", who=SUE).body] == ["user-1"]
    assert school.get(f"{STUDENTS}?email=nobody@example.com", who=SUE).body == []


@pytest.mark.parametrize("query", ["", "?email=", "?email=sam", f"?email={'x' * 255}@b"])
def test_what_is_no_address_is_refused(school: HttpSchool, query: str) -> None:
    """An address is needed, and has an at sign."""
    assert school.get(f"{STUDENTS}{query}", who=SUE).code == "invalid_request"


def test_one_answer_has_everything_about_a_student(school: HttpSchool) -> None:
    """Enrollments, payments with refunds, coupons, and who did what."""
    one = f"{STUDENTS}/user-1"
    school.post(f"{one}/enrollments/course-1/revoke", {"reason": "Shared the lessons.", "bar": True}, who=SUE)
    school.put(f"{PAYMENTS}/ps_000001/refunds/r-1", {"amount": 499, "reason": "Asked for."}, who=ADA)
    school.put(f"{one}/enrollments/free-1", {"reason": "Won it."}, who=SUE)
    body: dict[str, Any] = school.get(one, who=SUE).body
    assert body["student"]["email"] == "user-1@example.com"
    assert [found["courseId"] for found in body["enrollments"]] == ["free-1"]
    assert [(found["cause"], found["barred"]) for found in body["endedEnrollments"]] == [("revoked", True)]
    [payment] = body["payments"]
    assert (payment["payment"]["kept"], [found["refundId"] for found in payment["refunds"]]) == (13_000, ["r-1"])
    assert [(found["code"], found["redeemed"]) for found in body["coupons"]] == [("SPRING", True)]
    done = {(found["action"], found["by"], found["reason"]) for found in body["audit"]}
    assert done == {
        ("enrollment_revoked", "support-1", "Shared the lessons."),
        ("refund_requested", "admin-1", "Asked for."),
        ("enrollment_granted", "support-1", "Won it."),
    }
    assert body["complete"] is True


def test_a_student_who_is_not_there_is_404(school: HttpSchool) -> None:
    """Neither by an unknown id nor by one that cannot be."""
    for name in ("user-9", "user%23", "x" * 65):
        assert school.get(f"{STUDENTS}/{name}", who=SUE).code == "student_not_found"


def test_a_student_may_ask_for_neither(school: HttpSchool) -> None:
    """Not even for themselves."""
    for path in (f"{STUDENTS}?email=user-1@example.com", f"{STUDENTS}/user-1", PAYMENTS):
        assert school.get(path, who=SAM).code == "forbidden"
