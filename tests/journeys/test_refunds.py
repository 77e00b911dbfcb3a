"""Money that goes back, against the running product: refunds asked for, made in the dashboard, failing; disputes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.stack.running_stack import PRICE, LiveSchool, Visitor

pytestmark = pytest.mark.journey


def bought(school: LiveSchool, card: str | None = None) -> tuple[Visitor, str, str]:
    """A student who has paid: who, the payment session, and Stripe's id of the payment."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    school.pay(checkout_id, card) if card else school.pay(checkout_id)
    school.hear()
    assert student.is_enrolled()
    return student, session_id, student.session(session_id)["stripePaymentIntentId"]


def seen_by(school: LiveSchool, session_id: str) -> Any:
    """The payment as the office sees it."""
    return school.admin().get(f"/api/admin/payments/{session_id}").body


def refund(school: LiveSchool, session_id: str, refund_id: str = "r-1", **body: object) -> Any:
    """An administrator refunds."""
    path = f"/api/admin/payments/{session_id}/refunds/{refund_id}"
    return school.admin().send("PUT", path, json.dumps({"reason": "moved away"} | body).encode())


def test_an_administrator_refunds_and_the_student_may_buy_again(school: LiveSchool) -> None:
    """One refund at Stripe however often it is asked for; its webhooks change nothing more."""
    student, session_id, payment = bought(school)
    first, again = refund(school, session_id), refund(school, session_id)
    assert (first.status, again.status, again.body) == (200, 200, first.body)
    school.hear()
    refunds = [one for one in school.emulator.account.refunds.values() if one["payment_intent"] == payment]
    assert [(one["amount"], one["metadata"]["refundId"]) for one in refunds] == [(PRICE, "r-1")]
    assert not student.is_enrolled()
    assert student.session(session_id)["status"] == "refunded"
    assert seen_by(school, session_id)["kept"] == 0
    assert student.enroll().status == 201


def test_a_refund_from_the_dashboard_arrives_by_webhook(school: LiveSchool) -> None:
    """In parts: the first keeps access, the last ends it."""
    student, session_id, payment = bought(school)
    school.emulator.refund(payment, 5_000)
    school.hear()
    assert student.session(session_id)["paymentStatus"] == "partially_refunded"
    assert student.is_enrolled()
    school.emulator.refund(payment)
    school.hear()
    assert student.session(session_id)["status"] == "refunded"
    assert not student.is_enrolled()


def test_a_refund_that_fails_later_waits_for_a_person(school: LiveSchool) -> None:
    """The student has neither course nor money; the office sees it in review."""
    student, session_id, payment = bought(school)
    made = school.emulator.refund(payment)
    school.hear()
    school.emulator.fail_refund(made["id"])
    school.hear()
    shown = seen_by(school, session_id)
    assert (shown["status"], shown["reviewReason"], shown["kept"]) == ("review", "refund_failed", PRICE)
    assert not student.is_enrolled()


def test_a_lost_dispute_ends_and_bars_and_a_won_appeal_gives_back(school: LiveSchool) -> None:
    """Access is kept while the dispute is open, as the school has set it."""
    student, session_id, payment = bought(school)
    dispute = school.emulator.open_dispute(payment)
    school.hear()
    assert student.session(session_id)["paymentStatus"] == "disputed"
    assert student.is_enrolled()
    assert refund(school, session_id).code == "payment_disputed"
    school.emulator.decide_dispute(dispute["id"], "lost")
    school.hear()
    assert student.session(session_id)["status"] == "charged_back"
    assert (student.enroll().status, student.enroll().code) == (403, "enrollment_barred")
    school.emulator.appeal_dispute(dispute["id"])
    school.emulator.decide_dispute(dispute["id"], "won")
    school.hear()
    assert student.session(session_id)["status"] == "completed"
    assert student.is_enrolled()


def test_reports_that_never_arrive_are_caught_up_at_night(school: LiveSchool) -> None:
    """The nightly proof finds the movement and syncs the payment; a second run finds nothing to do."""
    student, session_id, payment = bought(school)
    school.stripe_faults(webhooks={"drop": True})
    school.emulator.refund(payment)
    assert student.is_enrolled()
    school.emulator.control.clear_faults()
    school.stack.schedules["catch_up"].fire()
    assert student.session(session_id)["status"] == "refunded"
    assert not student.is_enrolled()
    before = seen_by(school, session_id)
    school.stack.schedules["catch_up"].fire()
    assert seen_by(school, session_id) == before
