"""A student clicks twice, changes the coupon, or cancels: one checkout at a time, and a payment always wins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.stack.running_stack import (
    DEBIT,
    DECLINED,
    OTHER_PAID,
    PAID,
    PRICE,
    LiveSchool,
    Reply,
    Visitor,
    checkout_of,
)

pytestmark = pytest.mark.journey


def cancel(visitor: Visitor, session_id: str) -> Reply:
    """POST .../cancel."""
    return visitor.post(f"/api/payments/sessions/{session_id}/cancel")


def at_stripe(school: LiveSchool, checkout_id: str) -> str:
    """The status of a checkout at Stripe."""
    with school.emulator.account.lock:
        return str(school.emulator.account.checkouts[checkout_id].body["status"])


def pay_if_open(school: LiveSchool, checkout_id: str) -> bool:
    """Pay, unless the checkout was closed before; whether it was paid."""
    with school.emulator.account.lock:
        return at_stripe(school, checkout_id) == "open" and school.pay(checkout_id)["outcome"] == "succeeded"


def test_fault_41_a_second_click_gets_the_same_checkout(school: LiveSchool) -> None:
    """Two clicks, two tabs, the older address: one session, one checkout, one client secret."""
    student = school.student()
    first, second = student.enroll(), student.enroll()
    third = student.post("/api/payments/enrollments", {"courseId": PAID})
    assert [first.status, second.status, third.status] == [201, 200, 200]
    for name in ("paymentSessionId", "clientSecret", "expiresAt", "amount"):
        assert second.body[name] == first.body[name]
        assert third.body[name] == first.body[name]
    booked = student.book()
    assert (booked.status, booked.body["session"]["id"]) == (200, first.body["paymentSessionId"])
    assert booked.body["clientSecret"] == first.body["clientSecret"]
    assert len(student.get("/api/bookings/user").body) == 1


def test_bookings_are_payment_sessions_by_another_name(school: LiveSchool) -> None:
    """The older paths create, list and show the same sessions in the same shape."""
    student = school.student()
    booked = student.post("/api/bookings/create", {"courseId": PAID})
    assert (booked.status, booked.body["success"]) == (201, True)
    session = booked.body["session"]
    assert {name: session[name] for name in ("courseName", "status", "paymentStatus", "amount", "finalAmount")} == {
        "courseName": "AWS Cloud Mastery",
        "status": "pending",
        "paymentStatus": "unpaid",
        "amount": PRICE,
        "finalAmount": PRICE,
    }
    for path in ("/api/payments/sessions", "/api/bookings"):
        assert student.get(f"{path}/{session['id']}").body == session
    assert student.get("/api/bookings/user").body == student.get("/api/payments/sessions").body == [session]
    assert school.student().get("/api/bookings/user").body == []


def test_the_history_has_the_newest_first(school: LiveSchool) -> None:
    """Three sessions of one student, each with its own end."""
    student = school.student()
    first, checkout_id = student.checkout()
    cancel(student, first)
    second, _ = student.checkout(OTHER_PAID)
    third, _ = student.checkout()
    listed = student.get("/api/bookings/user").body
    assert [one["id"] for one in listed] == [third, second, first]
    assert [one["status"] == "pending" for one in listed] == [True, True, False]
    assert at_stripe(school, checkout_id) == "expired"


def test_another_coupon_supersedes_the_open_checkout(school: LiveSchool) -> None:
    """The old checkout is closed at Stripe before the new one opens; its coupon is free again."""
    student, old, new = school.student(), school.coupon(maxUses=1), school.coupon(maxUses=1, discountValue=50)
    first, checkout_id = student.checkout(couponCode=old)
    second, other = student.checkout(couponCode=new)
    assert second != first
    assert at_stripe(school, checkout_id) == "expired"
    assert at_stripe(school, other) == "open"
    assert student.session(first)["status"] == "cancelled"
    assert (school.storage.uses(old), len(school.storage.uses(new))) == ([], 1)
    third, _ = student.checkout()
    assert student.session(third)["finalAmount"] == PRICE
    assert school.storage.uses(new) == []


def test_another_ui_mode_supersedes_the_open_checkout(school: LiveSchool) -> None:
    """From embedded to hosted: the old one cannot be paid any more, the new one can."""
    student = school.student()
    first, checkout_id = student.checkout()
    hosted = student.book(uiMode="hosted")
    assert hosted.status == 201
    assert hosted.body["session"]["id"] != first
    assert at_stripe(school, checkout_id) == "expired"
    school.pay(hosted.body["session"]["stripeSessionId"])
    school.hear()
    assert student.is_enrolled()
    assert student.session(first)["status"] == "cancelled"


def test_superseding_a_checkout_that_was_paid_meanwhile(school: LiveSchool) -> None:
    """The payment wins: 200 enrolled, no second checkout, and the new coupon is not touched."""
    for change in ({"couponCode": school.coupon(maxUses=1)}, {"uiMode": "hosted"}):
        student = school.student()
        first, checkout_id = student.checkout()
        school.stripe_faults(webhooks={"drop": True})
        school.pay(checkout_id)
        response = student.book(**change)
        assert (response.status, response.body["status"]) == (200, "active")
        assert response.body["enrollment"]["paymentSessionId"] == first
        assert len(student.get("/api/payments/sessions").body) == 1
        assert "couponCode" not in change or school.storage.uses(change["couponCode"]) == []
        school.emulator.control.clear_faults()


def test_a_coupon_that_does_not_apply_costs_nobody_their_checkout(school: LiveSchool) -> None:
    """A refused code leaves the open checkout as it was, still payable."""
    student = school.student()
    first, checkout_id = student.checkout()
    assert student.enroll(couponCode="UNKNOWN").status == 422
    assert student.enroll(couponCode=school.coupon(isActive=False)).status == 422
    assert at_stripe(school, checkout_id) == "open"
    assert student.enroll().body["paymentSessionId"] == first


def test_superseding_while_stripe_is_silent(school: LiveSchool) -> None:
    """Without Stripe's word the old checkout stays: 503, one live session; later the change succeeds."""
    student, code = school.student(), school.coupon(maxUses=1)
    first, checkout_id = student.checkout()
    school.stripe_loses("drop_connection", "drop_connection", path="/expire")
    refused = student.enroll(couponCode=code)
    assert refused.status == 503
    assert (at_stripe(school, checkout_id), school.storage.uses(code)) == ("open", [])
    second, _ = student.checkout(couponCode=code)
    assert second != first


def test_cancelling(school: LiveSchool) -> None:
    """The checkout is closed at Stripe, the coupon is given back, and cancelling again says the same."""
    student, code = school.student(), school.coupon(maxUses=1)
    session_id, checkout_id = student.checkout(couponCode=code)
    school.pay(checkout_id, DECLINED)
    for _ in range(2):
        done = cancel(student, session_id)
        assert done.status == 200
        assert done.body["session"]["status"] == "cancelled"
    assert at_stripe(school, checkout_id) == "expired"
    assert school.storage.keys_of(student.user_id) == ["PAYMENT"]
    assert school.storage.coupon(code)["currentUses"] == 0
    school.hear()
    assert student.session(session_id)["status"] == "cancelled"
    assert student.checkout(couponCode=code)[0] != session_id


def test_cancelling_what_was_paid_meanwhile(school: LiveSchool) -> None:
    """The payment won the race: 409 with the true state, and the student is enrolled."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    refused = cancel(student, session_id)
    assert (refused.status, refused.code) == (409, "payment_not_cancellable")
    assert refused.body["session"]["status"] == "completed"
    assert student.is_enrolled()


def test_cancelling_while_the_payment_is_being_made(school: LiveSchool) -> None:
    """Both at the same moment: either the student has paid and is enrolled, or has not paid and is not."""
    for _ in range(5):
        student = school.student()
        session_id, checkout_id = student.checkout()
        with ThreadPoolExecutor(1) as payer:
            paying = payer.submit(pay_if_open, school, checkout_id)
            response = cancel(student, session_id)
            paid = paying.result()
        school.hear()
        assert response.status == (409 if paid else 200)
        assert student.is_enrolled() is paid
        assert student.session(session_id)["status"] in ({"completed"} if paid else {"cancelled"})


def test_cancelling_while_the_money_is_on_its_way(school: LiveSchool) -> None:
    """A bank debit that was started cannot be taken back: 409, and its arrival enrolls."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    school.pay(checkout_id, DEBIT)
    school.hear()
    refused = cancel(student, session_id)
    assert (refused.status, refused.body["session"]["status"]) == (409, "processing")
    school.emulator.control.settle_delayed(checkout_id, "succeeded")
    school.hear()
    assert student.is_enrolled()


def test_cancelling_while_stripe_is_silent(school: LiveSchool) -> None:
    """The cancel request is recorded and answered 202; the session stays live until asking again cancels it."""
    student, code = school.student(), school.coupon(maxUses=1)
    session_id, checkout_id = student.checkout(couponCode=code)
    school.stripe_loses("drop_connection", "drop_connection", path="/expire")
    cancelling = cancel(student, session_id)
    assert (cancelling.status, cancelling.body["session"]["status"]) == (202, "cancelling")
    assert (at_stripe(school, checkout_id), len(school.storage.uses(code))) == ("open", 1)
    assert cancel(student, session_id).status == 200
    assert at_stripe(school, checkout_id) == "expired"
    assert school.storage.uses(code) == []


def test_cancelling_a_session_whose_checkout_we_never_learned_of(school: LiveSchool) -> None:
    """Stripe opened it, the answer was lost, the student cancels: it is found at Stripe and closed there."""
    student = school.student()
    school.stripe_loses("drop_connection_after_commit", "drop_connection")
    assert student.enroll().status == 503
    [waiting] = student.get("/api/payments/sessions").body
    done = cancel(student, waiting["id"])
    assert done.status == 200
    assert done.body["session"]["status"] == "cancelled"
    assert at_stripe(school, school.checkout_of_session(waiting["id"])) == "expired"


def test_fault_50_and_51_the_price_and_the_sale_are_locked(school: LiveSchool) -> None:
    """Repriced or withdrawn while the checkout is open: the student pays what was shown, and gets the course."""
    student = school.student()
    with school.more_courses(1) as [course_id]:
        opened = student.enroll(course_id)
        school.change_course(course_id, price=20_000, coming_soon=True)
        assert student.enroll(course_id).status == 409
        school.pay(checkout_of(opened.body["clientSecret"]))
        school.hear()
        assert student.get(f"/api/enrollments/{course_id}").body["amount"] == PRICE


def test_fault_72_a_client_secret_is_never_kept(school: LiveSchool) -> None:
    """It is asked for at Stripe each time: neither the table nor the log holds one, or a student's address."""
    student = school.student()
    secret = student.enroll().body["clientSecret"]
    checkout_id = checkout_of(secret)
    school.pay(checkout_id)
    school.hear()
    written = str(school.storage.items())
    assert checkout_id in written
    assert "Enrolled" in school.emitted.getvalue()
    assert "_secret_" not in written
    for private in ("_secret_", student.email, school.stack.keys.webhook_secret, "4242424242424242"):
        assert private not in school.emitted.getvalue()
