"""The office in the browser: a payment is found and a part of it given back, by keyboard."""

from __future__ import annotations

from tests.browsers.visitor import Target, Visitor
from tests.support.stack.running_stack import LiveSchool


def test_a_part_of_a_payment_is_given_back_by_keyboard(visitor: Visitor, school: LiveSchool) -> None:
    """From the order number to what the page says afterwards; the student keeps the course."""
    student = school.student("paula")
    session_id, checkout_id = student.checkout()
    school.pay(checkout_id)
    school.hear()
    visitor.sign_in("admin@example.com")
    visitor.press("to-office")
    visitor.go_to("order-number")
    visitor.type(session_id)
    visitor.enter()
    visitor.see("kept", "$149.99")

    visitor.go_to("refund-amount")
    visitor.type("50.00")
    visitor.holds("refund-amount", "50.00")
    visitor.go_to("refund-reason")
    visitor.type("A week was cancelled.")
    visitor.go_to("refund")
    visitor.enter()
    visitor.see("kept", "$99.99")
    visitor.see(Target("main", "A week was cancelled."))
    school.hear()
    assert student.session(session_id)["paymentStatus"] == "partially_refunded"
    assert student.is_enrolled()
