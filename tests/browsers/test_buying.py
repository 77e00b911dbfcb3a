"""From the first visit to a lesson that is done: by card, by PayPal, with a discount, and once more after a refund."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.browsers.visitor import Target, Visitor, in_form, named
from tests.support.stack.running_stack import DECLINED, FREE, PAID, VISA, LiveSchool

_PASSWORD = "Ferris-wheel-7"
_PAY = '[data-testid="pay"]'
_TOTAL = '[data-testid="checkout-total"], [data-slot="fold-total"]'  # on a phone, the order is folded away


@pytest.mark.parametrize("width", [1200, 400])
def test_a_student_pays_with_the_second_card_and_learns(visitor: Visitor, school: LiveSchool) -> None:
    """A free course; a paid one, for which the first card is declined; a lesson done; among the purchases; and out."""
    visitor.sign_in(school.user("Wilma Wanderer"))
    visitor.open(f"course.html?id={FREE}")
    visitor.press(f"enroll-{FREE}")
    visitor.see(f"enrolled-badge-{FREE}")

    visitor.open(f"course.html?id={PAID}")
    visitor.press(f"enroll-{PAID}")
    visitor.at("checkout.html")
    visitor.see(in_form(_PAY, "$149.99"))
    visitor.type_card(DECLINED)
    visitor.see(in_form('[data-testid="error"]', "declined"))
    visitor.type_card(VISA)
    visitor.at("return.html?session_id=cs_test_")
    visitor.see(Target("h1", "You are enrolled"))
    visitor.see("return-state", "$149.99")

    visitor.press("start-course")
    visitor.press("mark-done")
    visitor.see(Target("#outline .is-done"))
    visitor.open("purchases.html")
    visitor.see(Target("[data-state=completed]"))
    visitor.sign_out()


def test_paypal_is_chosen_left_for_and_come_back_from(visitor: Visitor, school: LiveSchool) -> None:
    """The choice beside the card; PayPal's own page; then enrolled, with amount and order number."""
    visitor.sign_in(school.user("Petra PayPal"))
    visitor.open(f"checkout.html?courseId={PAID}")
    visitor.see(in_form(_PAY, "$149.99"))
    visitor.press(Target('label:has([data-testid="provider-paypal"])'))
    visitor.press("go-to-provider")
    visitor.press(Target("button", "Pay now"))
    visitor.at("return.html")
    visitor.see("start-course")
    visitor.see("return-state", "$149.99")
    visitor.see("order-number", "ps_")


@pytest.mark.parametrize("width", [1200, 400])
def test_a_link_with_a_code_leads_a_stranger_to_the_discounted_checkout(visitor: Visitor, school: LiveSchool) -> None:
    """Course and discount wait behind making an account; a wrong code is refused on the way."""
    code, email = school.coupon(), f"{uuid.uuid4().hex[:8]}@example.com"
    visitor.open(f"course.html?id={PAID}&code={code}")
    visitor.press(f"enroll-{PAID}")
    visitor.see(Target('[data-slot="intent"]', "You are about to buy"))
    visitor.press("to-signup")
    visitor.fill("signup-name", "Nora New")
    visitor.fill("signup-email", email)
    visitor.fill("signup-password", _PASSWORD)
    visitor.press("signup-submit")
    visitor.fill("confirm-code", "0")
    visitor.press("confirm-submit")
    visitor.see(Target("[role=alert]", "not the one that we sent"))
    visitor.fill("confirm-code", next(mail.code for mail in school.stack.aws.accounts.mails if mail.to == email))
    visitor.press("confirm-submit")
    visitor.at("checkout.html")
    visitor.see(Target(_TOTAL, "$119.99"))
    visitor.see(in_form(_PAY, "$119.99"))
    visitor.type_card(VISA)
    visitor.see(Target("h1", "You are enrolled"))
    visitor.see("return-state", "$119.99")


def test_who_got_the_money_back_sees_it_and_buys_again(visitor: Visitor, school: LiveSchool) -> None:
    """Among the purchases and on the page of the course; the second payment is enrolled as the first was."""
    email = school.user("Rita Refunded")
    student = school.stranger(school.stack.sign_in(email))
    session_id, checkout_id = student.checkout()
    school.pay(checkout_id)
    school.hear()
    visitor.sign_in(email)
    visitor.open(f"course.html?id={PAID}")
    visitor.see(f"enrolled-badge-{PAID}")

    path = f"/api/admin/payments/{session_id}/refunds/r-1"
    refunded = school.admin().send("PUT", path, json.dumps({"reason": "She asked for it."}).encode())
    assert refunded.status == 200
    school.hear()
    visitor.open("purchases.html")
    visitor.see(Target(f'[data-testid="purchase-{session_id}"][data-state="refunded"]', "Refunded"))
    visitor.see(Target(f'[data-testid="purchase-{session_id}"] .row-money', "$0.00"))
    visitor.open(f"course.html?id={PAID}")
    visitor.see(f"price-{PAID}", "$149.99")
    visitor.miss(f"enrolled-badge-{PAID}")
    visitor.press(f"enroll-{PAID}")
    visitor.see(in_form(_PAY, "$149.99"))
    visitor.type_card(VISA)
    visitor.see(Target("h1", "You are enrolled"))
    visitor.open("purchases.html")
    visitor.see(Target("[data-state=completed]"))
    visitor.see(named(f"purchase-{session_id}"))
    assert student.is_enrolled()
