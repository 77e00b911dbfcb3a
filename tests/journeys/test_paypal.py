"""A student pays with PayPal, emulated: the whole product between the browser and the provider."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from scripts.paypal_emulator import PayPalEmulator
from tests.support.concurrency import at_once
from tests.support.stack.running_stack import PAID, PRICE, LiveSchool, Visitor

pytestmark = pytest.mark.journey

PAYPAL = "paypal"


def at_paypal(school: LiveSchool) -> PayPalEmulator:
    """The emulator of the running stack."""
    emulator = school.stack.paypal
    assert emulator is not None
    return emulator


def opened(student: Visitor, **more: object) -> tuple[str, str]:
    """Open a checkout at PayPal; our session's id and the order's."""
    answer = student.enroll(provider=PAYPAL, **more)
    assert answer.status == 201, answer.raw
    assert answer.body["provider"] == PAYPAL
    assert answer.body["redirectUrl"].endswith(answer.body["providerSessionId"])
    return answer.body["paymentSessionId"], answer.body["providerSessionId"]


def control(school: LiveSchool, path: str, body: Mapping[str, object]) -> Any:
    """Play PayPal, as a script does."""
    url = f"{at_paypal(school).url}/emulator/{path}"
    return json.loads(school.http.request("POST", url, body=json.dumps(body).encode()).data)


def approve(school: LiveSchool, order_id: str, funding: str = "ok") -> None:
    """The student approves on PayPal's page, and PayPal's webhooks arrive."""
    assert control(school, f"orders/{order_id}/approve", {"funding": funding})["status"] == "APPROVED"
    assert at_paypal(school).deliveries.drained()


def order(school: LiveSchool, order_id: str) -> Any:
    """What PayPal has of the order."""
    return json.loads(school.http.request("GET", f"{at_paypal(school).url}/emulator/orders/{order_id}").data)


def test_the_webhook_alone_captures_and_enrolls(school: LiveSchool) -> None:
    """The student approved and closed the tab; PayPal's signed event is enough."""
    student = school.student()
    session_id, order_id = opened(student)
    approve(school, order_id)
    assert student.is_enrolled()
    [capture] = order(school, order_id)["captures"]
    assert (capture["status"], capture["amount"]) == ("COMPLETED", {"currency_code": "USD", "value": "149.99"})
    session = student.session(session_id)
    assert (session["status"], session["provider"], session["finalAmount"]) == ("completed", PAYPAL, PRICE)
    assert "stripeSessionId" not in session


def test_the_return_page_captures_where_no_webhook_comes(school: LiveSchool) -> None:
    """Nobody waits for PayPal's event."""
    student = school.student()
    _, order_id = opened(student)
    at_paypal(school).deliveries.lost = 99
    control(school, f"orders/{order_id}/approve", {"funding": "ok"})
    assert student.comes_back(order_id)["enrolled"] is True
    at_paypal(school).deliveries.lost = 0
    assert len(order(school, order_id)["captures"]) == 1


def test_fifty_return_pages_at_once_charge_once(school: LiveSchool) -> None:
    """All of them capture; there is one payment."""
    student = school.student()
    _, order_id = opened(student)
    at_paypal(school).deliveries.lost = 99
    control(school, f"orders/{order_id}/approve", {"funding": "ok"})
    answers = at_once([lambda: student.get(f"/api/checkout/session/{order_id}").status] * 50)
    at_paypal(school).deliveries.lost = 0
    assert set(map(str, answers)) <= {"200", "503"}
    assert student.comes_back(order_id)["enrolled"] is True
    assert len(order(school, order_id)["captures"]) == 1


def test_a_hundred_identical_webhooks_capture_once(school: LiveSchool) -> None:
    """PayPal may send an event as often as it likes."""
    student = school.student()
    _, order_id = opened(student)
    approve(school, order_id)
    paypal = at_paypal(school)
    event = next(one for one in paypal.account.events if one["resource"].get("id") == order_id)
    body, headers = paypal.signed(event)
    stranger = Visitor(school.stack.api_url, school.http)
    sent = {name.replace("-", "_"): value for name, value in headers.items() if name != "Content-Type"}
    statuses = {stranger.send("POST", "/api/webhooks/paypal", body, **sent).status for _ in range(100)}
    assert statuses == {200}
    assert len(order(school, order_id)["captures"]) == 1


def test_a_forged_webhook_is_refused(school: LiveSchool) -> None:
    """By another key, or for another body, or by a certificate from elsewhere."""
    student = school.student()
    _, order_id = opened(student)
    paypal, stranger = at_paypal(school), Visitor(school.stack.api_url, school.http)
    body, headers = paypal.signed({"id": "WH-1", "event_type": "CHECKOUT.ORDER.APPROVED", "resource": {"id": order_id}})
    sent = {name.replace("-", "_"): value for name, value in headers.items() if name != "Content-Type"}
    for forged in (
        sent | {"PayPal_Transmission_Sig": "AAAA"},
        sent | {"PayPal_Cert_Url": "http://127.0.0.1:9/v1/notifications/certs/CERT-x"},
        sent | {"PayPal_Auth_Algo": "SHA1withRSA"},
        {},
    ):
        assert stranger.send("POST", "/api/webhooks/paypal", body, **forged).status == 400
    assert stranger.send("POST", "/api/webhooks/paypal", body + b" ", **sent).status == 400
    assert not student.is_enrolled()


def test_a_declined_capture_can_be_tried_again(school: LiveSchool) -> None:
    """The same order, another card."""
    student = school.student()
    session_id, order_id = opened(student)
    approve(school, order_id, "declined")
    assert student.session(session_id)["status"] == "pending"
    approve(school, order_id)
    assert student.is_enrolled()


def test_money_that_takes_days_enrolls_when_it_is_there(school: LiveSchool) -> None:
    """Captured is not received."""
    student = school.student()
    session_id, order_id = opened(student)
    approve(school, order_id, "pending")
    assert student.session(session_id)["status"] == "processing"
    assert not student.is_enrolled()
    control(school, f"orders/{order_id}/settle", {"succeeds": True})
    assert at_paypal(school).deliveries.drained()
    assert student.is_enrolled()


def test_who_saw_cancelled_is_never_charged(school: LiveSchool) -> None:
    """PayPal's page may still take their word: nothing is captured, by nobody."""
    student = school.student()
    session_id, order_id = opened(student)
    assert student.post(f"/api/payments/sessions/{session_id}/cancel").status == 200
    approve(school, order_id)
    student.comes_back(order_id)
    assert order(school, order_id)["captures"] == []
    assert student.session(session_id)["status"] == "cancelled"


def test_changing_ones_mind_about_the_provider(school: LiveSchool) -> None:
    """From PayPal to Stripe and back: one open checkout at a time, and one payment."""
    student = school.student()
    first, order_id = opened(student)
    second = student.enroll(provider="stripe").body
    assert second["provider"] == "stripe"
    assert student.session(first)["status"] == "cancelled"
    third, another = opened(student)
    assert student.session(second["paymentSessionId"])["status"] == "cancelled"
    approve(school, order_id)
    approve(school, another)
    assert student.session(third)["status"] == "completed"
    assert order(school, order_id)["captures"] == []


def test_a_lost_answer_to_the_capture_charges_once(school: LiveSchool) -> None:
    """PayPal took the money and its answer never came."""
    student = school.student()
    _, order_id = opened(student)
    control(school, "faults", {"on": "capture", "kind": "lost"})
    approve(school, order_id)
    assert student.comes_back(order_id)["enrolled"] is True
    assert len(order(school, order_id)["captures"]) == 1


def test_the_configuration_offers_both(school: LiveSchool) -> None:
    """The school's first choice first; PayPal's page needs no script of ours."""
    [first, second] = Visitor(school.stack.api_url, school.http).get("/api/config").body["providers"]
    assert (first["name"], second) == ("stripe", {"name": PAYPAL, "publishableKey": "paypal-client-local"})


def test_the_course_is_paid_in_full(school: LiveSchool) -> None:
    """The enrollment names the provider's payment and what was paid."""
    student = school.student()
    _, order_id = opened(student)
    approve(school, order_id)
    enrollment = student.get(f"/api/enrollments/{PAID}").body
    assert (enrollment["amount"], enrollment["paymentStatus"]) == (PRICE, "completed")
