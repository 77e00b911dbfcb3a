"""The disputes that are undecided, as the office lists them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.memory.reversed_money import TIME_TO_RESPOND
from adapters.timestamps import iso
from domain.payments.reversals import DisputeStatus
from tests.support.factories import PRICE
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, KIM, SAM, HttpSchool

DISPUTES = "/api/admin/disputes"
SUE = claims("support-1", groups="support")


@pytest.fixture
def school() -> HttpSchool:
    """Sam and Kim paid, and both banks took the money back: Kim's an hour before Sam's."""
    made = HttpSchool()
    made.pay(made.start())
    assert made.post("/api/enrollments", {"courseId": "course-1"}, who=KIM).status == 201
    made.pay("ps_000002")
    for payment in ("pi_000002", "pi_000001"):
        made.clock.advance(timedelta(hours=1))
        dispute(made, payment)
    return made


def dispute(school: HttpSchool, payment: str, *, inquiry: bool = False) -> str:
    """A bank disputes the payment, and its provider reports it."""
    name = school.provider.bank.dispute(payment, school.clock.now(), inquiry=inquiry)
    report(school, payment)
    return name


def report(school: HttpSchool, payment: str) -> None:
    """What the provider has of the payment is synced."""
    assert school.receive(school.provider.reported(payment)).status == 200


def test_the_disputes_to_be_answered_soonest_come_first(school: HttpSchool) -> None:
    """Each with its payment and whose it is, for everybody of the school."""
    answer = school.get(DISPUTES, who=SUE)
    assert [one["payment"]["id"] for one in answer.body] == ["ps_000002", "ps_000001"]
    payment, found = answer.body[1]["payment"], answer.body[1]["dispute"]
    assert (payment["disputed"], payment["paymentStatus"], payment["email"]) == (
        PRICE.amount, "disputed", "user-1@example.com",
    )  # fmt: skip
    assert (found["kind"], found["status"], found["amount"], found["providerReason"]) == (
        "dispute", "open", PRICE.amount, "fraudulent",
    )  # fmt: skip
    assert found["respondBy"] == iso((school.clock.now() + TIME_TO_RESPOND).replace(microsecond=0))
    history = school.get("/api/admin/payments/ps_000001/history", who=SUE).body
    assert history["refunds"] == [found]
    assert history["atProvider"]["reversals"][0]["respondBy"] == found["respondBy"]


def test_a_dispute_that_is_answered_comes_last_and_a_decided_one_is_gone(school: HttpSchool) -> None:
    """Who has answered waits for the bank."""
    first = school.get(DISPUTES, who=ADA).body[0]["dispute"]["refundId"]
    school.provider.bank.respond("pi_000002", first)
    report(school, "pi_000002")
    listed = school.get(DISPUTES, who=ADA).body
    assert [(one["payment"]["id"], "respondBy" in one["dispute"]) for one in listed] == [
        ("ps_000001", True),
        ("ps_000002", False),
    ]
    school.provider.bank.decide("pi_000002", first, DisputeStatus.LOST, school.clock.now())
    report(school, "pi_000002")
    assert [one["payment"]["id"] for one in school.get(DISPUTES, who=ADA).body] == ["ps_000001"]


def test_a_page_leads_to_the_next(school: HttpSchool) -> None:
    """The cursor is in the header."""
    first = school.get(f"{DISPUTES}?limit=1", who=ADA)
    cursor = first.headers["x-next-cursor"]
    second = school.get(f"{DISPUTES}?limit=1&cursor={cursor}", who=ADA)
    assert [one["payment"]["id"] for one in (*first.body, *second.body)] == ["ps_000002", "ps_000001"]
    assert "x-next-cursor" not in second.headers
    assert school.get(f"{DISPUTES}?cursor=none", who=ADA).status == 400


def test_a_dispute_without_its_session_does_not_hide_the_others(school: HttpSchool) -> None:
    """Lost by a restore, it is listed again once it is rebuilt."""
    del school.store.sessions["user-2", "ps_000002"]
    assert [one["payment"]["id"] for one in school.get(DISPUTES, who=ADA).body] == ["ps_000001"]


def test_students_do_not_see_who_is_disputed(school: HttpSchool) -> None:
    """It is of the office."""
    assert school.get(DISPUTES, who=SAM).status == 403
