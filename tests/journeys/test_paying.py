"""A student pays: by card, after a decline, with 3-D Secure, by a slow method, at Stripe's own page."""

from __future__ import annotations

import pytest

from tests.support.stack.running_stack import CHALLENGED, DEBIT, DECLINED, PAID, PRICE, LiveSchool, checkout_of

pytestmark = pytest.mark.journey


def test_a_paid_course_by_card(school: LiveSchool) -> None:
    """Enroll, pay, and the webhook alone puts the student into the course at the agreed price."""
    student = school.student()
    opened = student.enroll()
    assert opened.status == 201
    assert {name: opened.body[name] for name in ("status", "provider", "amount", "discountAmount", "currency")} == {
        "status": "pending",
        "provider": "stripe",
        "amount": PRICE,
        "discountAmount": 0,
        "currency": "usd",
    }
    assert opened.headers["cache-control"] == "no-store"
    checkout_id = checkout_of(opened.body["clientSecret"])
    assert school.pay(checkout_id)["outcome"] == "succeeded"
    school.hear()
    assert student.is_enrolled()
    enrollment = student.get(f"/api/enrollments/{PAID}").body
    assert enrollment["paymentStatus"] == "completed"
    assert enrollment["enrollmentType"] == "paid"
    assert (enrollment["amount"], enrollment["currency"]) == (PRICE, "usd")
    assert enrollment["stripeSessionId"] == checkout_id
    assert enrollment["paymentSessionId"] == opened.body["paymentSessionId"]
    assert enrollment["stripePaymentIntentId"].startswith("pi_")
    assert student.session(opened.body["paymentSessionId"])["status"] == "completed"


def test_after_a_decline_another_card_works_in_the_same_session(school: LiveSchool) -> None:
    """A declined card enrolls nobody and leaves the checkout open."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    assert school.pay(checkout_id, DECLINED)["outcome"] == "declined"
    school.hear()
    assert not student.is_enrolled()
    assert student.session(session_id)["status"] == "pending"
    assert student.comes_back(checkout_id) == {
        "status": "open",
        "paymentStatus": "unpaid",
        "courseId": PAID,
        "enrolled": False,
    }
    assert school.pay(checkout_id)["outcome"] == "succeeded"
    school.hear()
    assert student.is_enrolled()
    assert student.session(session_id)["stripeSessionId"] == checkout_id


def test_3d_secure_completed(school: LiveSchool) -> None:
    """While the bank asks, nobody is enrolled; once the student has answered, they are."""
    student = school.student()
    _, checkout_id = student.checkout()
    assert school.pay(checkout_id, CHALLENGED)["outcome"] == "requires_action"
    school.hear()
    assert not student.is_enrolled()
    school.emulator.pay(checkout_id, None, "complete")
    school.hear()
    assert student.is_enrolled()


def test_3d_secure_failed(school: LiveSchool) -> None:
    """A student who fails the bank's check has paid nothing and can pay in another way."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    assert school.pay(checkout_id, CHALLENGED, "fail")["outcome"] == "declined"
    school.hear()
    assert not student.is_enrolled()
    assert student.session(session_id)["status"] == "pending"
    school.pay(checkout_id)
    school.hear()
    assert student.is_enrolled()


def test_fault_30_a_slow_payment_that_arrives(school: LiveSchool) -> None:
    """A bank debit is processing until the money is there; meanwhile nothing else can be bought or cancelled."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    assert school.pay(checkout_id, DEBIT)["outcome"] == "processing"
    school.hear()
    assert student.session(session_id)["status"] == "processing"
    assert student.comes_back(checkout_id)["status"] == "complete"
    assert not student.is_enrolled()
    again = student.enroll()
    assert (again.status, again.code) == (409, "payment_processing")
    school.emulator.control.settle_delayed(checkout_id, "succeeded")
    school.hear()
    assert student.is_enrolled()
    assert student.session(session_id)["status"] == "completed"


def test_the_hosted_page(school: LiveSchool) -> None:
    """A hosted session answers where to go; who pays there is enrolled."""
    student = school.student()
    opened = student.book(uiMode="hosted", returnUrl="/return.html", cancelUrl="/dashboard.html")
    assert opened.status == 201
    assert opened.body["success"] is True
    assert "clientSecret" not in opened.body
    assert opened.body["redirectUrl"].startswith(f"{school.emulator.url}/c/pay/cs_test_")
    checkout_id = opened.body["session"]["stripeSessionId"]
    with school.emulator.account.lock:
        at_stripe = dict(school.emulator.account.checkouts[checkout_id].body)
    assert at_stripe["success_url"] == f"{school.stack.web_url}/return.html?session_id={{CHECKOUT_SESSION_ID}}"
    assert at_stripe["cancel_url"] == f"{school.stack.web_url}/dashboard.html"
    school.pay(checkout_id)
    school.hear()
    assert student.is_enrolled()


def test_anybody_may_ask_how_a_checkout_stands_and_learns_nothing_personal(school: LiveSchool) -> None:
    """The public status by Stripe's id has three facts; an unknown id is 404."""
    student, stranger = school.student(), school.stranger()
    _, checkout_id = student.checkout()
    path = f"/api/payments/sessions/stripe/{checkout_id}"
    assert stranger.get(path).body == {"status": "open", "paymentStatus": "unpaid", "courseId": PAID}
    school.pay(checkout_id)
    school.hear()
    assert stranger.get(path).body == {"status": "complete", "paymentStatus": "paid", "courseId": PAID}
    assert stranger.get("/api/payments/sessions/stripe/cs_test_unknown").status == 404


def test_fault_59_the_second_purchase_is_by_the_same_customer(school: LiveSchool) -> None:
    """Stripe makes one customer per student; a student's next checkout is that customer's, nobody else's is."""
    student, other = school.student(), school.student()
    _, first = student.checkout()
    school.pay(first)
    school.hear()
    _, second = student.checkout("TEST-COURSE-003")
    _, others = other.checkout("TEST-COURSE-003")
    with school.emulator.account.lock:
        customers = [school.emulator.account.checkouts[name].body["customer"] for name in (first, second, others)]
    assert customers[0] is not None
    assert customers[1] == customers[0]
    assert customers[2] is None
