"""Something does not answer: DynamoDB, the queue, Stripe. Nothing is lost, and the same call again ends well."""

from __future__ import annotations

import json

import pytest

from scripts.aws_emulator.faults import INTERNAL_ERROR, SERVICE_UNAVAILABLE, TRANSACTION_CONFLICT, Fault
from tests.support.stack.running_stack import FREE, PAID, PRICE, LiveSchool, Reply, checkout_of
from tests.support.waiting import until

pytestmark = pytest.mark.journey

NO_TRANSACTIONS = Fault(operation="dynamodb:TransactWriteItems", error=TRANSACTION_CONFLICT, times=None)
NO_QUEUE = Fault(operation="sqs:SendMessage", error=SERVICE_UNAVAILABLE, times=None)


def assert_try_again(response: Reply) -> None:
    """503 in the envelope, with the seconds to wait."""
    assert response.status == 503, response.raw
    assert int(response.headers["retry-after"]) > 0
    assert set(response.body) == {"error", "code", "requestId"}


def test_fault_85_a_conflict_that_passes_is_not_noticed(school: LiveSchool) -> None:
    """A transaction that others are in the way of is tried again, within the same call."""
    student = school.regular()
    school.stack.aws.faults.add(Fault(operation="dynamodb:TransactWriteItems", error=TRANSACTION_CONFLICT, times=2))
    assert student.enroll().status == 201


def test_with_dynamodb_down_a_student_is_asked_to_try_again(school: LiveSchool) -> None:
    """503 with Retry-After, nothing at Stripe; once DynamoDB is back, the same call succeeds."""
    student = school.regular()
    school.stack.aws.faults.add(Fault(operation="dynamodb:*", error=INTERNAL_ERROR, times=None))
    with school.counting() as spent:
        assert_try_again(student.enroll())
    assert spent.stripe == []
    school.stack.aws.faults.clear()
    assert student.enroll().status == 201


def test_fault_86_an_answer_lost_after_the_write(school: LiveSchool) -> None:
    """A reservation or an enrollment whose answer never came is found by the repetition, and made once."""
    student = school.regular()
    for course_id, operation in ((FREE, "dynamodb:PutItem"), (PAID, "dynamodb:TransactWriteItems")):
        school.stack.aws.faults.add(Fault(operation=operation, error=INTERNAL_ERROR, after=True))
        assert student.enroll(course_id).status in (200, 201)
    assert school.storage.keys_of(student.user_id) == ["CHECKOUT", "COURSE", "PAYMENT"]


def test_a_webhook_that_cannot_be_settled_waits_in_the_queue(school: LiveSchool) -> None:
    """With DynamoDB refusing every write, Stripe gets 200 and the event is queued; the worker settles it afterwards."""
    student = school.student()
    session_id, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    school.stack.queue.pause()
    school.stack.aws.faults.add(NO_TRANSACTIONS)
    event = school.event("checkout.session.completed", checkout_id)
    assert school.deliver(event).body == {"received": True, "queued": True}
    assert school.queued() == 1
    school.stack.aws.faults.clear()
    assert not student.is_enrolled()
    school.stack.queue.resume()
    until(student.is_enrolled)
    assert student.session(session_id)["status"] == "completed"
    school.stack.drain_queue()


def test_what_waits_in_the_queue_is_not_personal(school: LiveSchool) -> None:
    """The queue carries ids, kinds and amounts: no address, no name, no card, no secret."""
    student = school.student()
    _, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    school.stack.queue.pause()
    school.stack.aws.faults.add(NO_TRANSACTIONS)
    school.deliver(school.event("checkout.session.completed", checkout_id))
    message = school.stack.queue.sqs.receive_message(QueueUrl=school.stack.queue.queue_url, VisibilityTimeout=0)
    body = message["Messages"][0]["Body"]
    assert json.loads(body)["provider_session_id"] == checkout_id
    for secret in (student.email, "@", "4242", "_secret_", "Test Buyer"):
        assert secret not in body


def test_fault_89_with_the_queue_down_too_stripe_sends_again(school: LiveSchool) -> None:
    """500 only when both fail; Stripe's own repetition settles it later."""
    student = school.student()
    _, checkout_id = student.checkout()
    school.stack.aws.faults.add(NO_TRANSACTIONS)
    school.stack.aws.faults.add(NO_QUEUE)
    lost = school.signals("EventNotKept")
    school.stripe_faults(webhooks={"drop": ["payment_intent.succeeded"]})
    school.pay(checkout_id)
    until(lambda: school.signals("EventNotKept") > lost)
    refused = school.deliver(school.event("checkout.session.completed", checkout_id))
    assert (refused.status, refused.code) == (500, "queue_unavailable")
    assert not student.is_enrolled()
    school.stack.aws.faults.clear()
    until(student.is_enrolled)


def test_fault_91_a_poison_message_ends_among_the_dead_letters(school: LiveSchool) -> None:
    """What can never be settled is received five times and then laid aside; the queue goes on."""
    dead = school.queued(dead=True)
    school.stack.queue.redeliver_after = 0
    attempts = len(school.stack.aws.faults.calls())
    sqs = school.stack.clients("sqs")
    sqs.send_message(QueueUrl=school.stack.account.queue_url, MessageBody='{"version": 1, "news": "Nonsense"}')
    until(lambda: school.queued(dead=True) == dead + 1)
    school.stack.drain_queue()
    given_back = school.stack.aws.faults.calls()[attempts:].count("sqs:ChangeMessageVisibility")
    assert given_back == 5


def test_fault_25_an_event_of_a_session_that_we_do_not_have(school: LiveSchool) -> None:
    """It may come true later, so it waits in the queue; in the end it is a dead letter and enrolls nobody."""
    student = school.student()
    _, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    school.stack.queue.redeliver_after = 0
    dead = school.queued(dead=True)
    event = school.event("checkout.session.completed", checkout_id)
    event["data"]["object"]["metadata"]["paymentSessionId"] = "ps_of_another_table"
    event["data"]["object"]["client_reference_id"] = "ps_of_another_table"
    assert school.deliver(event).body == {"received": True, "queued": True}
    until(lambda: school.queued(dead=True) == dead + 1)
    assert not student.is_enrolled()


@pytest.mark.parametrize(
    "modes",
    [
        ("drop_connection", "drop_connection"),
        ("timeout", "timeout"),
        ("500", "500"),
        ("503", "503"),
        ("timeout_after_commit", "drop_connection"),
    ],
    ids=["down", "fault_43_timeout", "fault_46_500", "503", "fault_48_timeout_after_commit"],
)
def test_with_stripe_down_the_repeated_call_ends_in_the_same_session(
    school: LiveSchool, modes: tuple[str, str]
) -> None:
    """503 with Retry-After; what was reserved stays reserved, and the same call again opens its one checkout."""
    student, code = school.student(), school.coupon(maxUses=1)
    school.stripe_loses(*modes)
    assert_try_again(student.enroll(couponCode=code))
    [waiting] = student.get("/api/payments/sessions").body
    assert waiting["status"] == "pending"
    again = student.enroll(couponCode=code)
    assert again.status == 200
    assert again.body["paymentSessionId"] == waiting["id"]
    checkout_id = checkout_of(again.body["clientSecret"])
    assert checkout_id == school.checkout_of_session(waiting["id"])
    assert len(student.get("/api/payments/sessions").body) == 1
    school.pay(checkout_id)
    school.hear()
    assert student.is_enrolled()


def test_fault_44_too_many_requests_at_stripe(school: LiveSchool) -> None:
    """Stripe's own rate limit is an outage for the student: 503, and the same session afterwards."""
    student = school.student()
    school.stripe_loses("429", "429")
    assert_try_again(student.enroll())
    school.emulator.control.clear_faults()
    assert student.enroll().status == 200


def test_fault_44_while_stripe_is_silent_nothing_new_is_reserved(school: LiveSchool) -> None:
    """After five unanswered calls new students wait, and only the try of a code is written. One answer ends that."""
    first, code = school.student(), school.coupon(maxUses=1)
    school.stripe_loses(*["429"] * 5)
    for _ in range(5):
        assert_try_again(first.enroll())
    late = school.regular()
    with school.counting() as spent:
        assert_try_again(late.enroll())
    assert (spent.writes, spent.stripe) == (0, [])
    with school.counting() as spent:
        assert_try_again(late.enroll(couponCode=code))
    assert (spent.writes, spent.stripe) == (1, [])
    assert school.storage.keys_of(late.user_id) == []
    assert school.storage.uses(code) == []
    assert first.enroll().status == 200
    assert late.enroll(couponCode=code).status == 201


def test_fault_45_a_price_that_stripe_does_not_know(school: LiveSchool) -> None:
    """Refused for good: 502, an alarm, and nothing stays reserved."""
    student, code = school.student(), school.coupon(maxUses=1)
    alarms = school.signals("ProviderRejected")
    with school.emulator.account.lock:
        price = school.emulator.account.prices.pop("price_1SIeQEQ0A0bb7l8VrpD9MOwT")
    try:
        refused = student.enroll(couponCode=code)
    finally:
        school.emulator.account.prices[price["id"]] = price
    assert (refused.status, refused.code) == (502, "payment_provider_rejected")
    assert school.signals("ProviderRejected") == alarms + 1
    assert school.storage.keys_of(student.user_id) == ["PAYMENT"]
    assert school.storage.coupon(code)["currentUses"] == 0
    assert student.enroll(couponCode=code).status == 201


def test_fault_46_a_failure_that_stripe_remembers(school: LiveSchool) -> None:
    """A 500 saved under our key comes back for ever: when no checkout exists, the student may start anew."""
    student = school.student()
    school.stripe_faults(api=[{"mode": "500", "path": "/v1/checkout/sessions"}])
    assert student.enroll().status == 502
    assert [one["status"] for one in student.get("/api/payments/sessions").body] == ["failed"]
    assert student.enroll().status == 201


def test_another_price_at_stripe_is_never_charged(school: LiveSchool) -> None:
    """Where Stripe would charge another amount, its checkout is closed before anybody sees it: 502 and an alarm."""
    student, code = school.student(), school.coupon(maxUses=1)
    alarms = school.signals("PriceMismatch")
    with school.repriced(PRICE + 1):
        refused = student.enroll(couponCode=code)
    assert (refused.status, refused.code) == (502, "price_mismatch")
    assert b"_secret_" not in refused.raw
    assert school.signals("PriceMismatch") == alarms + 1
    [closed] = student.get("/api/payments/sessions").body
    assert closed["status"] in ("cancelled", "expired")
    checkout = school.emulator.account.checkouts[school.checkout_of_session(closed["id"])]
    assert checkout.body["status"] == "expired"
    assert school.storage.uses(code) == []


def test_the_return_page_while_stripe_is_silent(school: LiveSchool) -> None:
    """503 with Retry-After, never a guess; asking again tells the truth."""
    student = school.student()
    _, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    school.stripe_loses("drop_connection", "drop_connection", path=f"/v1/checkout/sessions/{checkout_id}")
    assert_try_again(student.get(f"/api/checkout/session/{checkout_id}"))
    assert student.comes_back(checkout_id)["enrolled"] is True


def test_fault_93_a_new_lambda_without_secrets_refuses_and_recovers(school: LiveSchool) -> None:
    """With Secrets Manager down, the warm instance goes on; a cold one cannot check a signature: 503, then 200."""
    body = b'{"id": "evt_1", "object": "event", "type": "x", "livemode": false, "data": {"object": {}}}'
    assert school.deliver(json.loads(body)).status == 200
    with school.another_instance() as elsewhere:
        school.stack.aws.faults.add(Fault(operation="secretsmanager:*", error=INTERNAL_ERROR, times=None))
        assert school.deliver(json.loads(body), api_url=elsewhere).status == 503
        assert school.deliver(json.loads(body)).status == 200
        school.stack.aws.faults.clear()
        assert school.deliver(json.loads(body), api_url=elsewhere).status == 200
