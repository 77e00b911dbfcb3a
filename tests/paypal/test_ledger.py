"""The school over PayPal: its ledger is proven by PayPal's own list, and lost payments are stored again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.ledger import EntryKind
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.use_cases.office.rebuild_payments import RebuildOutcome
from tests.support.factories import PRICE, a_coupon
from tests.support.memory.school import School
from tests.support.payment_providers.paypal import PayPalProvider

NAME = "paypal"


@pytest.fixture
def school(paypal: PayPalProvider) -> School:
    """A school that sells at PayPal too."""
    return School(clock=paypal.clock, others={NAME: paypal.gateway})


def bought(school: School, paypal: PayPalProvider, coupon_code: str | None = None) -> PaymentSession:
    """The student pays with PayPal and is enrolled."""
    opened = school.start(provider=NAME, coupon_code=coupon_code).session
    order_id = opened.provider_session_id or ""
    paypal.account.approve(order_id)
    assert school.show_checkout(order_id).enrolled
    return school.session(opened.payment_session_id)


def entries(school: School, kind: EntryKind) -> list[int]:
    """The amounts booked of this kind."""
    return [entry.amount for entry in school.store.ledger.values() if entry.kind is kind]


def reported(school: School, paypal: PayPalProvider, session: PaymentSession) -> None:
    """PayPal's last event about a refund or dispute comes to our webhook."""
    body, headers = paypal.last_reversal_message(session)
    school.receive_message(body, dict(headers), NAME)


def test_the_night_proves_what_was_sold_and_books_the_fee(school: School, paypal: PayPalProvider) -> None:
    """Once, however often it runs."""
    bought(school, paypal)
    paypal.wait(24 * 60)
    for _ in range(2):
        proof = school.prove_ledger(NAME)
        assert (proof.is_proven, proof.compared, proof.synced) == (True, 1, ())
    assert entries(school, EntryKind.FEE) == [-497]


def test_a_list_that_is_late_is_no_difference(school: School, paypal: PayPalProvider) -> None:
    """Neither on the first night, nor when PayPal is two days behind."""
    bought(school, paypal)
    paypal.account.bookings.lists_after = timedelta(days=2, hours=12)
    for _ in range(2):
        assert school.prove_ledger(NAME).is_proven
        paypal.wait(24 * 60)
    paypal.wait(13 * 60)
    proof = school.prove_ledger(NAME)
    assert (proof.is_proven, proof.compared) == (True, 1)
    assert entries(school, EntryKind.FEE) == [-497]


def test_without_the_permission_nothing_is_proven_and_nothing_breaks(school: School, paypal: PayPalProvider) -> None:
    """Refunds are synced all the same, by their reports."""
    session = bought(school, paypal)
    paypal.account.bookings.may_list = False
    paypal.refund_elsewhere(session, 700)
    reported(school, paypal, session)
    proof = school.prove_ledger(NAME)
    assert (proof.is_proven, proof.compared, proof.has_list) == (True, 0, False)
    assert entries(school, EntryKind.REFUND) == [-700]


def test_a_refund_on_paypals_page_that_nobody_reported_is_found(school: School, paypal: PayPalProvider) -> None:
    """It is booked on the night it is seen."""
    session = bought(school, paypal)
    paypal.refund_elsewhere(session, 700)
    proof = school.prove_ledger(NAME)
    assert (proof.is_proven, proof.synced) == (True, (session.payment_session_id,))
    assert entries(school, EntryKind.REFUND) == [-700]


def test_a_dispute_won_and_a_dispute_lost_reach_the_ledger(school: School, paypal: PayPalProvider) -> None:
    """With what PayPal takes for a chargeback."""
    session = bought(school, paypal)
    won = paypal.dispute(session, 1_000)
    reported(school, paypal, session)
    paypal.decide(session, won, won=True)
    reported(school, paypal, session)
    assert (entries(school, EntryKind.DISPUTE), entries(school, EntryKind.DISPUTE_RETURNED)) == ([-1_000], [1_000])
    paypal.wait(1)
    lost = paypal.dispute(session, 400)
    paypal.account.charge_fee(lost, "20.00")
    paypal.decide(session, lost, won=False)
    assert school.prove_ledger(NAME).is_proven
    assert entries(school, EntryKind.DISPUTE) == [-1_000, -400]
    assert sorted(entries(school, EntryKind.FEE)) == [-2_000, -497]
    assert school.session(session.payment_session_id).reversed_sums.charged_back == 400


def test_a_sale_that_is_in_no_record_of_ours_is_a_difference(school: School, paypal: PayPalProvider) -> None:
    """Somebody deleted it: a person has to look."""
    session = bought(school, paypal)
    school.store.ledger.clear()
    school.store.sessions.clear()
    proof = school.prove_ledger(NAME)
    assert [one.reason for one in proof.differences] == ["missing_here"]
    assert proof.differences[0].payment_session_id == session.payment_session_id
    assert school.signals(Signal.LEDGER_MISMATCH) == ["missing_here"]


def test_a_sale_that_paypal_does_not_know_is_a_difference(school: School, paypal: PayPalProvider) -> None:
    """A day later; before, the list may be behind."""
    session = bought(school, paypal)
    paypal.account.bookings.transactions.clear()
    paypal.account.orders.clear()
    assert school.prove_ledger(NAME).is_proven
    paypal.wait(2 * 24 * 60)
    assert [one.reason for one in school.prove_ledger(NAME).differences] == ["missing_there"]
    assert school.session(session.payment_session_id).status is Status.COMPLETED


def test_the_other_providers_ledger_is_its_own(school: School, paypal: PayPalProvider) -> None:
    """Neither proof looks for the other's money."""
    bought(school, paypal)
    paypal.wait(2 * 24 * 60)
    assert school.prove_ledger().is_proven
    assert school.prove_ledger(NAME).is_proven


@pytest.mark.parametrize("late", [0, 3])
def test_a_restored_table_gets_its_payments_back(school: School, paypal: PayPalProvider, late: int) -> None:
    """Session, enrollment, sale, coupon use and refund, also of the last hours."""
    school.issue(a_coupon())
    session = bought(school, paypal, coupon_code="SPRING")
    paypal.refund_elsewhere(session, 700)
    paypal.account.bookings.lists_after = timedelta(hours=late)
    for lost in ("sessions", "enrollments", "ledger", "coupon_uses", "checkout_locks"):
        getattr(school.store, lost).clear()
    school.change_coupon("SPRING", current_uses=0)

    [planned] = school.rebuild(apply=False, provider=NAME)
    assert (planned.outcome, school.store.sessions) == (RebuildOutcome.ENROLLED, {})
    [rebuilt] = school.rebuild(provider=NAME)
    assert rebuilt.outcome is RebuildOutcome.ENROLLED
    stored = school.session(session.payment_session_id)
    assert (stored.quote, stored.coupon, stored.provider_payment_id, stored.account) == (
        session.quote,
        session.coupon,
        session.provider_payment_id,
        session.account,
    )
    assert school.enrollment() is not None
    assert (school.uses_counted(), stored.reversed_sums.refunded) == (1, 700)
    assert [one.outcome for one in school.rebuild(provider=NAME)] == [RebuildOutcome.PRESENT]
    paypal.wait(4 * 60)
    assert school.prove_ledger(NAME).is_proven
    assert entries(school, EntryKind.SALE) == [stored.total.amount]


def test_a_payment_that_was_changed_at_paypal_waits_for_a_person(school: School, paypal: PayPalProvider) -> None:
    """The amount on the order is not what was agreed: nobody is enrolled."""
    session = bought(school, paypal)
    order = paypal.account.orders[session.provider_session_id or ""]
    order.captures[0]["amount"]["value"] = "1.00"
    for lost in ("sessions", "enrollments", "ledger", "checkout_locks"):
        getattr(school.store, lost).clear()
    [rebuilt] = school.rebuild(provider=NAME)
    assert (rebuilt.outcome, rebuilt.reason, school.enrollment()) == (RebuildOutcome.IN_REVIEW, "amount", None)
    assert PRICE.amount == session.total.amount
