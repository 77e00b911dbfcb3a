"""Students get the receipts of their payments, fetched anew at each click."""

from __future__ import annotations

from tests.support.http.http_school import ADA, SAM, HttpSchool

PATH = "/api/payments/sessions/ps_000001/receipt"


def test_a_paid_session_has_a_receipt(school: HttpSchool) -> None:
    """At its provider; for its student only."""
    paid = school.provider.pay(school.start())
    assert school.get(PATH, who=SAM).code == "receipt_not_found"
    assert school.receive(paid).status == 200
    assert school.get(PATH, who=SAM).body == {"receiptUrl": "https://receipts.example/pi_000001"}
    assert school.get(PATH, who=ADA).status == 404
    assert school.get(PATH, who=None).status == 401


def test_a_session_that_is_not_there_has_none(school: HttpSchool) -> None:
    """As every other."""
    assert school.get("/api/payments/sessions/ps_9/receipt", who=SAM).code == "payment_session_not_found"
