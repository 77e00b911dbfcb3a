"""The deployed functions, taken out of the emulated Lambda and started by Lambda's own bootstrap.

They serve the journey with nothing but what was deployed, and each asks AWS for exactly what its policy allows.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from adapters.event_codec import encode
from domain.payments.events import ReversalReported
from scripts.aws_emulator.faults import INTERNAL_ERROR, Fault
from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.stack import pool_to_delete_from
from scripts.ops.stage import Stage
from tests.support.aws.permissions import Need, Policy
from tests.support.deployment.bootstrapped_functions import RunningFunctions, all_started
from tests.support.deployment.deployment import FUNCTIONS, STAGE, Deployment
from tests.support.deployment.emulated_accounts import FREE, OTHER_PAID, PAID

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]

# What Lambda itself does in the function's name: write logs and traces, and take messages off the queue.
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:learnermax"
SWITCHED_OFF = {Need("secretsmanager:GetSecretValue", f"{SECRET}/paypal-dev-AbCdEf")}
"""PayPal, which a stage has only if the school wants it."""

ELSEWHERE = SWITCHED_OFF | {
    Need("secretsmanager:GetSecretValue", f"{SECRET}/lessons-AbCdEf"),
    Need("dynamodb:Query", "arn:aws:dynamodb:us-east-1:123456789012:table/learnermax-education-dev/index/email-index"),
}
"""Signed lessons, which are switched off too, and students by e-mail; tests/contracts/test_student_histories.py asks"""

BY_LAMBDA = {
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
FROM_QUEUE = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
TICK = {
    "id": "1",
    "version": "0",
    "account": "123456789012",
    "region": "us-east-1",
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "time": "2026-01-15T12:00:00Z",
    "resources": [],
    "detail": {},
}


@pytest.fixture(scope="module")
def running(deployed: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFunctions]:
    """Every function started, from the deployment's code. Meanwhile the queue sets nothing off.

    Moto would start a container for each message; the tests hand them over themselves.
    """
    directory = tmp_path_factory.mktemp("functions")
    functions = deployed.accounts.clients("lambda")
    [mapping] = functions.list_event_source_mappings()["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    with all_started(deployed, directory) as running:
        yield running
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def test_the_journey_of_a_student(running: RunningFunctions) -> None:
    """Catalogue, a free course, a paid one with a coupon and a signed webhook, progress, the list of payments."""
    api = running.api
    assert api.call("GET", "/api/courses", who=None)[0] == 200
    assert api.call("GET", "/api/students/me", who="walker")[0] == 200
    assert api.call("PATCH", "/api/students/me", body={"name": "Wal Ker"}, who="walker")[0] == 200
    assert api.call("POST", "/api/enrollments", body={"courseId": FREE}, who="walker")[0] in (200, 201)
    options = {"code": "WALK", "discountType": "percentage", "discountValue": 10, "maxUses": 1_000, "listed": True}
    assert running.admin("POST", "/api/admin/coupons", body=options)["statusCode"] == 201
    assert running.admin("PATCH", "/api/admin/coupons/{code}", {"code": "WALK"}, {"name": "Walk"})["statusCode"] == 200
    validated = api.call(
        "POST", "/api/payments/coupons/validate", body={"code": "WALK", "courseId": PAID}, who="walker"
    )
    assert validated[0] == 200

    status, _ = running.deliver(running.pay(running.checkout("walker", couponCode="WALK")))

    assert status == 200
    assert running.is_enrolled("walker")
    progress = {"courseId": PAID}
    assert api.call("PATCH", "/api/enrollments/{courseId}", progress, body={"progress": 10}, who="walker")[0] == 200
    assert len(api.call("GET", "/api/payments/sessions", who="walker")[1]) >= 1


def test_a_student_who_leaves_for_good(running: RunningFunctions) -> None:
    """Their customer at Stripe goes with them, and so does their account, if the pool has it."""
    assert running.deliver(running.pay(running.checkout("fleeing")))[0] == 200
    status, answer = running.api.call("POST", "/api/students/me/deletion", body={"confirm": "delete"}, who="fleeing")
    assert (status, answer["paymentsKept"]) == (200, 1)
    assert not running.is_enrolled("fleeing")


def test_accounts_are_deleted_from_a_pool_of_our_own(running: RunningFunctions) -> None:
    """Which operators find out by themselves. Whoever says otherwise in the stage's variables is heard."""
    dev, aws = Stage.named(STAGE), AwsClients()
    arn = running.rigs["api_handler"].environment["USER_POOL_ARN"]
    assert running.rigs["api_handler"].environment["DELETE_SIGN_INS"] == "yes"
    assert pool_to_delete_from(dev, aws) == arn
    assert pool_to_delete_from(evolve(dev, variables={**dev.variables, "DELETE_SIGN_INS": "no"}), aws) is None
    assert pool_to_delete_from(Stage.named("prod"), aws) is None


def test_a_student_who_cancels(running: RunningFunctions) -> None:
    """A checkout that is cancelled is over, and its coupon is free again."""
    session = running.checkout("leaver", OTHER_PAID, couponCode="WALK")

    status, _ = running.api.call(
        "POST", "/api/payments/sessions/{id}/cancel", {"id": session["id"]}, body={}, who="leaver"
    )

    assert status == 200


def test_what_cannot_be_settled_waits_in_the_queue_and_is_settled_by_the_worker(running: RunningFunctions) -> None:
    """While the table rejects writes the webhook queues the event; the worker enrolls from its message alone."""
    events = [
        running.pay(running.checkout("queued", couponCode="WALK")),
        running.pay(running.checkout("guest"), customer=None),  # Stripe kept no customer
    ]
    faults = running.deployment.aws.faults
    faults.add(Fault(operation="dynamodb:TransactWriteItems", error=INTERNAL_ERROR, times=None))
    try:
        answers = [running.deliver(event) for event in events]
    finally:
        faults.clear()
    assert answers == [(200, {"received": True, "queued": True})] * 2
    sqs = running.deployment.accounts.clients("sqs")
    url = sqs.get_queue_url(QueueName="learnermax-payment-events-dev")["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]

    for message in messages:
        record = {"messageId": message["MessageId"], "receiptHandle": "r", "body": message["Body"]}
        running.rigs["settle_queued_event"].invoke({"Records": [record]})

    assert running.is_enrolled("queued")
    assert running.is_enrolled("guest")


def test_a_refund_reported_while_the_table_rejects_writes_is_synced_by_the_worker(running: RunningFunctions) -> None:
    """The worker asks Stripe for the payment's present state: the enrollment that was refunded has ended."""
    session = running.checkout("refunded")
    assert running.deliver(running.pay(session))[0] == 200
    refund = running.deployment.accounts.stripe.refund(session["stripeSessionId"])
    report = ReversalReported(
        provider="stripe",
        event_id="evt_refunded",
        event_type="refund.created",
        provider_payment_id=refund["payment_intent"],
        provider_reversal_id=refund["id"],
        livemode=False,
    )

    record = {"messageId": "m", "receiptHandle": "r", "body": encode(report)}
    running.rigs["settle_queued_event"].invoke({"Records": [record]})

    assert not running.is_enrolled("refunded")


def test_a_refund_that_stripe_did_not_answer_is_carried_out_by_the_reconciliation(running: RunningFunctions) -> None:
    """The administrator reads that it is on record; the next reconciliation asks Stripe for it."""
    session = running.checkout("unanswered")
    assert running.deliver(running.pay(session))[0] == 200
    stripe = running.deployment.accounts.stripe
    stripe.control.set_faults({"api": {"mode": "503", "times": 50, "path": "/v1/refunds"}})
    one = {"id": session["id"], "refundId": "refund-1"}
    try:
        answer = running.admin("PUT", "/api/admin/payments/{id}/refunds/{refundId}", one, {"reason": "asked for it"})
    finally:
        stripe.control.clear_faults()
    assert answer["statusCode"] == 202

    running.rigs["reconcile"].invoke(TICK)

    assert not running.is_enrolled("unanswered")


@pytest.mark.parametrize("function", ["reconcile", "catch_up"])
def test_a_payment_without_its_webhook_is_settled_by_a_schedule(running: RunningFunctions, function: str) -> None:
    """Without any webhook the scheduled functions enroll who has paid; a checkout left behind is released."""
    who = f"unreported-{function}".replace("_", "-")
    guest = f"{who}-guest"
    running.pay(running.checkout(who, couponCode="WALK"))
    running.pay(running.checkout(guest), customer=None)

    assert isinstance(running.rigs[function].invoke(TICK), dict)

    assert running.is_enrolled(who)
    assert running.is_enrolled(guest)


def test_the_nightly_recount_finds_every_counter_right(running: RunningFunctions) -> None:
    """After all of this no coupon's counter differs from its uses."""
    assert running.rigs["recount"].invoke(TICK) == {"coupons": 0}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_asks_for_what_its_policy_allows(running: RunningFunctions, function: str) -> None:
    """Every call of the journeys above is covered by the function's own policy."""
    policy = Policy(running.deployment.policy(function))
    needs = running.deployment.aws.needs[function]

    assert needs
    assert {need for need in needs if not policy.allows(need)} == set()


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_policy_allows_nothing_that_is_not_used(running: RunningFunctions, function: str) -> None:
    """Every action of a policy was used on its resource, but for what Lambda does in the function's name."""
    policy = Policy(running.deployment.policy(function))
    asked = {*running.deployment.aws.needs[function], *(ELSEWHERE if function == "api_handler" else SWITCHED_OFF)}
    used_by_lambda = BY_LAMBDA | (FROM_QUEUE if function == "settle_queued_event" else set())

    assert policy.unused(asked) == used_by_lambda


def test_a_policy_can_be_found_wanting(running: RunningFunctions) -> None:
    """Control: the recount's policy covers neither the worker's writes nor the API's secret."""
    policy = Policy(running.deployment.policy("recount"))
    needs = running.deployment.aws.needs

    assert not all(policy.allows(need) for need in needs["settle_queued_event"])
    assert STAGE in {need.resource.rpartition("-")[2] for need in needs["settle_queued_event"]}
