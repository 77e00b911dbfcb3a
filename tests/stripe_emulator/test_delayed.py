"""Bank debits: complete but unpaid, and settled later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

WORKS, BOUNCES = "000123456789", "000111111116"


def test_a_bank_debit_completes_the_session_unpaid(shop: Any) -> None:
    """checkout.session.completed comes before the money."""
    session = shop.open()
    answer = shop.emulator.pay(session.id, WORKS)
    assert answer == {"status": "complete", "payment_status": "unpaid", "outcome": "processing"}
    waiting = shop.read(session.id, "payment_intent.latest_charge")
    assert (waiting.payment_intent.status, waiting.payment_intent.latest_charge.status) == ("processing", "pending")
    assert "us_bank_account" in waiting.payment_method_types
    assert shop.kinds()[-1] == "checkout.session.completed"


@pytest.mark.parametrize(
    ("number", "outcome", "paid", "last"),
    [
        (WORKS, None, "paid", "checkout.session.async_payment_succeeded"),
        (BOUNCES, None, "unpaid", "checkout.session.async_payment_failed"),
        (BOUNCES, "succeeded", "paid", "checkout.session.async_payment_succeeded"),
        (WORKS, "failed", "unpaid", "checkout.session.async_payment_failed"),
    ],
)
def test_a_bank_debit_settles_by_script(shop: Any, number: str, outcome: str | None, paid: str, last: str) -> None:
    """It does what its number says, or what the script says."""
    session = shop.open()
    shop.emulator.pay(session.id, number)
    body = {"outcome": outcome} if outcome else {}
    path = f"/emulator/sessions/{session.id}/settle-delayed"
    settled = shop.call("POST", path, body)
    assert (settled.status_code, settled.json()["payment_status"]) == (200, paid)
    read = shop.read(session.id, "payment_intent.latest_charge")
    assert (read.status, read.payment_status) == ("complete", paid)
    assert read.payment_intent.status == ("succeeded" if paid == "paid" else "requires_payment_method")
    assert shop.kinds()[-1] == last
    assert shop.call("POST", path, body).status_code == 409


def test_a_bank_debit_settles_by_itself_after_a_while(make_shop: Callable[..., Any]) -> None:
    """With settle_after, the clock decides."""
    shop = make_shop(settle_after=600)
    session = shop.open()
    shop.emulator.pay(session.id, WORKS)
    shop.emulator.advance(598)
    assert shop.read(session.id).payment_status == "unpaid"
    shop.emulator.advance(3)
    assert shop.read(session.id).payment_status == "paid"


def test_bank_debits_are_refused_where_they_are_not_offered(shop: Any) -> None:
    """A session for cards only takes no bank account, and no PaymentIntent comes of trying."""
    session = shop.open(allowed_payment_method_types=["card"])
    assert shop.emulator.pay(session.id, WORKS)["outcome"] == "refused"
    assert shop.read(session.id).payment_intent is None


def test_a_complete_unpaid_session_cannot_be_expired_by_time(shop: Any, now: int) -> None:
    """Money under way is not abandoned."""
    session = shop.open(expires_at=now + 1860)
    shop.emulator.pay(session.id, WORKS)
    shop.emulator.advance(4000)
    assert shop.read(session.id).status == "complete"
