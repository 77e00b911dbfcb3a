"""What Stripe sends us: twice, late, in the wrong order, not at all; and what is not Stripe's or not ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.stack.running_stack import OTHER_PAID, PAID, VISA, LiveSchool, Visitor
from tests.support.waiting import until

pytestmark = pytest.mark.journey


def paid_in_silence(school: LiveSchool) -> tuple[Visitor, str, str]:
    """A student who has paid while every webhook was lost: the student, our session's id, Stripe's."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    assert not student.is_enrolled()
    return student, session_id, checkout_id


def completed(school: LiveSchool, checkout_id: str, **changes: Any) -> dict[str, Any]:
    """The event of a completed checkout; changes are made to the checkout in it."""
    event = school.event("checkout.session.completed", checkout_id)
    event["data"]["object"] |= changes
    return event


def test_fault_35_webhooks_that_come_three_times_enroll_once(school: LiveSchool) -> None:
    """Doubled deliveries of every event, and the same fact under another event's id, change nothing more."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"duplicate": 2, "same_fact_new_event_id": True})
    school.pay(checkout_id)
    school.hear()
    assert student.is_enrolled()
    before = school.storage.of(student.user_id)
    school.deliver(completed(school, checkout_id))
    assert school.storage.of(student.user_id) == before
    assert student.session(session_id)["status"] == "completed"


def test_webhooks_in_reverse_order(school: LiveSchool) -> None:
    """Stripe promises no order: with the last event first the student is enrolled once all the same."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"reorder": 4})
    school.pay(checkout_id)
    school.emulator.control.clear_faults()
    school.hear()
    assert student.is_enrolled()
    assert student.session(session_id)["status"] == "completed"


def test_fault_33_an_expiry_after_the_payment_changes_nothing(school: LiveSchool) -> None:
    """Paid is final, whatever is heard later."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    school.pay(checkout_id)
    school.hear()
    expired = completed(school, checkout_id, status="expired", payment_status="unpaid")
    assert school.deliver(expired | {"id": "evt_late", "type": "checkout.session.expired"}).status == 200
    assert student.is_enrolled()
    assert student.session(session_id)["status"] == "completed"


def test_the_return_page_does_not_wait_for_a_late_webhook(school: LiveSchool) -> None:
    """A student who comes back before the webhook is enrolled by asking; the webhook then changes nothing."""
    student = school.student()
    _, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"delay_seconds": 1.0})
    school.pay(checkout_id)
    assert student.comes_back(checkout_id) == {
        "status": "complete",
        "paymentStatus": "paid",
        "courseId": PAID,
        "enrolled": True,
    }
    before = school.storage.of(student.user_id)
    school.hear()
    assert school.storage.of(student.user_id) == before


def test_with_every_webhook_lost_the_return_page_alone_enrolls(school: LiveSchool) -> None:
    """No webhook ever arrives, and the student who returns is in the course."""
    student, session_id, checkout_id = paid_in_silence(school)
    assert student.comes_back(checkout_id)["enrolled"] is True
    assert student.is_enrolled()
    assert student.session(session_id)["stripePaymentIntentId"].startswith("pi_")


def test_the_student_who_clicks_enroll_again_instead_of_returning(school: LiveSchool) -> None:
    """With every webhook lost, enrolling again finds the payment and answers enrolled, not another checkout."""
    student, session_id, _ = paid_in_silence(school)
    again = student.enroll()
    assert (again.status, again.body["status"]) == (200, "active")
    assert again.body["enrollment"]["paymentSessionId"] == session_id


def test_the_older_addresses_of_the_webhook(school: LiveSchool) -> None:
    """Each alias takes events in as the canonical path does; another provider's is 404."""
    for path in ("/api/payments/webhooks/stripe", "/api/stripe/webhooks", "/api/webhooks/stripe"):
        student, _, checkout_id = paid_in_silence(school)
        assert school.deliver(completed(school, checkout_id), path=path).body == {"received": True}
        assert student.is_enrolled()
        school.emulator.control.clear_faults()
    assert school.deliver({}, path="/api/webhooks/nobody").status == 404


def test_fault_28_another_amount_goes_to_review(school: LiveSchool) -> None:
    """Money that is not what was agreed enrolls nobody, blocks a second payment, and raises an alarm."""
    student, code = school.student(), school.coupon(maxUses=3)
    session_id, checkout_id = student.checkout(couponCode=code)
    alarms = school.signals("PaymentInReview", reason="amount_mismatch")
    school.emulator.control.tamper(checkout_id, {"amount_total": 1, "amount_subtotal": 1})
    school.stripe_faults(webhooks={"drop": ["payment_intent.succeeded"]})
    school.pay(checkout_id)
    school.hear()
    assert student.session(session_id)["status"] == "review"
    assert not student.is_enrolled()
    assert school.signals("PaymentInReview", reason="amount_mismatch") == alarms + 1
    assert [use["status"] for use in school.storage.uses(code)] == ["redeemed"]
    again = student.enroll()
    assert (again.status, again.code) == (409, "payment_in_review")
    assert student.comes_back(checkout_id)["enrolled"] is False


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"currency": "eur"}, "amount_mismatch"),
        ({"client_reference_id": "ps_another"}, "metadata_mismatch"),
        ({"payment_status": "no_payment_required"}, "unexpected_free"),
        ({"id": "cs_test_another"}, "other_checkout"),
    ],
    ids=["fault_28_currency", "fault_27_reference", "fault_34_free", "other_checkout"],
)
def test_a_payment_that_is_not_the_one_agreed(school: LiveSchool, wrong: dict[str, Any], reason: str) -> None:
    """A signed event that differs from the stored session goes to a person, and nobody is enrolled."""
    student, session_id, checkout_id = paid_in_silence(school)
    alarms = school.signals("PaymentInReview", reason=reason)
    assert school.deliver(completed(school, checkout_id, **wrong)).body == {"received": True}
    assert student.session(session_id)["status"] == "review"
    assert not student.is_enrolled()
    assert school.signals("PaymentInReview", reason=reason) == alarms + 1


def test_fault_26_the_stored_course_is_the_truth(school: LiveSchool) -> None:
    """Metadata that names another course than the session's enrolls in neither."""
    student, session_id, checkout_id = paid_in_silence(school)
    metadata = {"paymentSessionId": session_id, "userId": student.user_id, "courseId": OTHER_PAID}
    school.deliver(completed(school, checkout_id, metadata=metadata))
    assert student.session(session_id)["status"] == "review"
    assert (student.is_enrolled(PAID), student.is_enrolled(OTHER_PAID)) == (False, False)


@pytest.mark.parametrize(
    ("event", "changes", "reason"),
    [
        ({"livemode": True}, {}, "other_mode"),
        ({"account": "acct_connected"}, {}, "other_account"),
        ({"type": "checkout.session.unheard_of"}, {}, "unsubscribed"),
        ({}, {"metadata": {}}, "foreign"),
        ({}, {"metadata": {"paymentSessionId": "a#b", "userId": "u", "courseId": "c"}}, "foreign"),
        ({"type": "charge.refunded"}, {}, "unsubscribed"),
    ],
    ids=[
        "fault_22_livemode",
        "fault_23_account",
        "fault_18_unsubscribed",
        "fault_24_foreign",
        "fault_81_forged_metadata",
        "fault_36_refund",
    ],
)
def test_genuine_events_that_are_not_for_us(
    school: LiveSchool, event: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    """They are acknowledged and counted, without a call of DynamoDB or Stripe."""
    student, _, checkout_id = paid_in_silence(school)
    counted = school.signals("EventIgnored", reason=reason)
    with school.counting() as spent:
        response = school.deliver(completed(school, checkout_id, **changes) | event)
    assert response.body == {"received": True}
    assert (spent.dynamodb.total(), spent.stripe) == (0, [])
    assert school.signals("EventIgnored", reason=reason) == counted + 1
    assert not student.is_enrolled()


def test_fault_42_paying_twice_in_two_checkouts_goes_to_review(school: LiveSchool) -> None:
    """A student who is enrolled by other means while paying keeps the enrollment; the money waits for a person."""
    student, session_id, checkout_id = paid_in_silence(school)
    school.stack.clients("dynamodb").put_item(
        TableName=school.stack.account.table,
        Item={
            name: {"S": value}
            for name, value in {
                "PK": f"USER#{student.user_id}",
                "SK": f"COURSE#{PAID}",
                "userId": student.user_id,
                "courseId": PAID,
                "enrollmentType": "bundle",
                "paymentStatus": "completed",
                "enrolledAt": "2026-01-01T00:00:00Z",
            }.items()
        },
    )
    assert school.deliver(completed(school, checkout_id)).body == {"received": True}
    assert student.session(session_id)["status"] == "review"
    assert student.get(f"/api/enrollments/{PAID}").body["enrollmentType"] == "bundle"


def test_fault_58_a_payment_of_a_student_who_is_gone(school: LiveSchool) -> None:
    """When the student's record was deleted meanwhile, the money goes to review and no ghost is enrolled."""
    student, session_id, checkout_id = paid_in_silence(school)
    key = {"PK": {"S": f"USER#{student.user_id}"}, "SK": {"S": "METADATA"}}
    school.stack.clients("dynamodb").delete_item(TableName=school.stack.account.table, Key=key)
    assert school.deliver(completed(school, checkout_id)).body == {"received": True}
    assert student.session(session_id)["status"] == "review"
    assert not student.is_enrolled()


def test_fault_49_a_webhook_faster_than_our_own_memory(school: LiveSchool) -> None:
    """The payment is heard while the answer to the opening call is still on its way: it enrolls all the same."""
    student = school.student()
    school.stripe_loses("drop_connection_after_commit", "drop_connection")
    assert student.enroll().status == 503
    session_id = student.get("/api/payments/sessions").body[0]["id"]
    checkout_id = school.checkout_of_session(session_id)
    school.pay(checkout_id, VISA)
    school.hear()
    until(student.is_enrolled)
    assert student.session(session_id)["stripeSessionId"] == checkout_id
