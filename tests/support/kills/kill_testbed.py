"""A small school on real adapters in which every worker may be killed, and what is stored afterwards."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from attrs import define, field
from moto.dynamodb.models import dynamodb_backends

from scripts.aws_emulator.faults import TRANSACTION_CONFLICT, Fault
from scripts.aws_emulator.server import _DYNAMODB_LOCK, ACCOUNT, REGION, AwsEmulator
from scripts.stack.aws_resources import Account, Clients, provision
from scripts.stack.seed import seed_catalog, seed_table
from scripts.stack.stripe_keys import StripeKeys
from scripts.stack.worker import QueuePump, Schedule
from scripts.stripe_emulator import StripeEmulator
from scripts.stripe_emulator.webhooks.signing import signature_header
from tests.support.kills.kill_points import Depth, Kill
from tests.support.kills.worker_processes import Done, WorkerKilled, Workers
from tests.support.stack.outcome import State
from tests.support.stack.stored_state import LIVE, StoredItems, broken_invariants

VISA, DEBIT, REFUND_WAITS = "4242424242424242", "000123456789", "4000000000007726"
ADMIN = "an-administrator"
COURSE, PRICE = "course-1", 14_999
HALF, ALL = "HALF", "ALL"  # coupons of 50 and of 100 per cent
NEXT_TURN = 240.0  # seconds until the reconciler comes by again
OVER = 3_600.0  # seconds: by then every checkout is past its end
Repair = Literal["repeat", "reconcile", "leave"]
"""What follows a kill: the step again at once, the step again after the reconciler has run, or what the test does."""

_COURSES: list[dict[str, Any]] = [
    {
        "courseId": COURSE,
        "name": "Cloud Mastery",
        "description": "Clouds, from above.",
        "instructor": "Ada",
        "pricingModel": "paid",
        "price": 149,
        "stripeProductId": "prod_1",
        "stripePriceId": "price_1",
    },
    {
        "courseId": "free-1",
        "name": "Hello",
        "description": "Greetings.",
        "instructor": "Ada",
        "pricingModel": "free",
    },
]


@define(eq=False)
class KillTestbed:
    """The emulators and the parent of the workers; one for many scenarios."""

    aws: AwsEmulator
    stripe: StripeEmulator
    account: Account
    sqs: Any
    workers: Workers
    keys: StripeKeys
    _empty: Any = field(default=None, init=False)

    def scenario(self, kills: Mapping[str, Kill] | None = None, repair: Repair = "repeat") -> Scenario:
        """The school as it was in the beginning, a student whom nobody knows, and the kills that wait for them."""
        table = dynamodb_backends[ACCOUNT][REGION].tables[self.account.table]
        with _DYNAMODB_LOCK:
            self._empty = self._empty or copy.deepcopy(table.items)
            table.items = copy.deepcopy(self._empty)
        self._forget_at_stripe()
        scenario = Scenario(self, dict(kills or {}), repair)
        scenario.calm()
        return scenario

    def restore(self) -> None:
        """The table is what it was in the beginning; Stripe knows all that happened since."""
        table = dynamodb_backends[ACCOUNT][REGION].tables[self.account.table]
        with _DYNAMODB_LOCK:
            table.items = copy.deepcopy(self._empty)

    def _forget_at_stripe(self) -> None:
        account = self.stripe.account
        with account.lock:
            for objects in (account.checkouts, account.live, account.events, account.customers, account.coupons):
                objects.clear()
            for money in (account.intents, account.charges, account.refunds, account.disputes):
                money.clear()
            account.balance_transactions.clear()


@contextmanager
def testbed() -> Iterator[KillTestbed]:
    """Start everything, and stop it."""
    keys = StripeKeys()
    with (
        AwsEmulator() as aws,
        StripeEmulator(secret_key=keys.secret_key, webhook_secret=keys.webhook_secret) as stripe,
    ):
        clients = Clients(aws.url)
        account = provision(clients, stage=f"kills-{uuid.uuid4().hex[:8]}", secret=keys.as_secret())
        _furnish(clients("dynamodb"), account.table)
        seed_catalog(stripe, _COURSES)
        settings = {
            "stage": "test",
            "table_name": account.table,
            "queue_name": account.queue,
            "web_origin": "http://127.0.0.1:3000",
            "user_pool_arn": account.pool_arn,
            "user_pool_client_id": account.client_id,
            "stripe_api_base": stripe.url,
        }
        with Workers(aws.url, settings) as workers:
            yield KillTestbed(aws, stripe, account, clients("sqs"), workers, keys)


def _furnish(dynamodb: Any, table: str) -> None:
    seed_table(dynamodb, table, _COURSES)
    for code, percent in ((HALF, 50), (ALL, 100)):
        words = {"PK": f"COUPON#{code}", "SK": "METADATA", "GSI1PK": "COUPON", "GSI1SK": f"COUPON#{code}", "code": code}
        words |= {"discountType": "percentage", "currency": "usd"}
        numbers = {"discountValue": percent, "maxUses": 1, "currentUses": 0, "shards": 1}
        item: dict[str, Any] = {name: {"S": value} for name, value in words.items()}
        item |= {name: {"N": str(value)} for name, value in numbers.items()}
        dynamodb.put_item(TableName=table, Item={**item, "active": {"BOOL": True}})


@define(eq=False)
class Scenario:
    """What one student does, what Stripe sends, what happens by itself. `kills` are by step, once each.

    `settings` are those of the school that differ from the common ones.
    """

    testbed: KillTestbed
    kills: dict[str, Kill]
    repair: Repair
    student: str = field(factory=lambda: f"student-{uuid.uuid4().hex[:12]}")
    settings: dict[str, object] = field(factory=dict, init=False)
    calls: dict[str, Mapping[Depth, list[str]]] = field(factory=dict, init=False)
    killed: list[str] = field(factory=list, init=False)
    refused: dict[str, str] = field(factory=dict, init=False)  # the errors' codes, by step

    # -- the steps ---------------------------------------------------------------------------------------------------

    def enroll(self, course_id: str = COURSE, step: str = "enroll", **options: Any) -> Any:
        """The student enrolls, and clicks again when nothing comes back."""
        given = {"return_url": "http://127.0.0.1:3000/return.html", **options}
        return self._step(step, "enroll", {"user_id": self.student, "course_id": course_id, "options": given})

    def cancel(self) -> Any:
        """The student cancels the newest session, and clicks again when nothing comes back."""
        return self._step("cancel", "cancel", {"user_id": self.student, "payment_session_id": self._newest()})

    def come_back(self) -> Any:
        """The student comes back from the checkout."""
        return self._step("show", "show", {"user_id": self.student, "checkout_id": self.checkouts()[-1]["id"]})

    def pay(self, card: str = VISA) -> None:
        """The student pays the newest checkout at Stripe."""
        self.testbed.stripe.pay(self.checkouts()[-1]["id"], card)

    def hear(self, kind: str = "checkout.session.completed", *, step: str = "webhook") -> Any:
        """Stripe delivers the newest event of a kind about this student, and again when nobody answers 200."""
        body = json.dumps(self._event(kind))
        secret = self.testbed.keys.webhook_secret
        signed = {"stripe-signature": signature_header(body.encode(), [secret], self.testbed.stripe.account.now())}
        return self._step(step, "webhook", {"body": body, "headers": signed})

    # -- money that goes back, and access that ends ------------------------------------------------------------------

    def payment(self) -> str:
        """Stripe's id of the student's newest payment."""
        return str(self.checkouts()[-1]["payment_intent"])

    def refund(self, amount: int | None = None, *, step: str = "refund", refund_id: str = "refund-1") -> Any:
        """An administrator refunds the newest payment, and asks again when nothing comes back."""
        return self._step(step, "refund", self._order(amount, refund_id))

    def repay(self, amount: int | None = None) -> Any:
        """An administrator notes that so much went back by bank transfer, and does so again when nothing comes back."""
        return self._step("repay", "repay", self._order(amount, "transfer-1"))

    def resolve(self, kind: str) -> Any:
        """An administrator decides about the newest payment, and again when nothing comes back."""
        decision = {"user_id": self.student, "payment_session_id": self._newest(), "kind": kind}
        return self._step("resolve", "resolve", {**decision, "by": ADMIN, "note": "As agreed."})

    def office(self, order: Literal["grant", "revoke", "reinstate", "lift_bar"], step: str = "office") -> Any:
        """An administrator orders this about the student's enrollment, and again when nothing comes back."""
        about = {"user_id": self.student, "course_id": COURSE, "by": ADMIN, "reason": "As agreed."}
        return self._step(step, order, about)

    def rebuild(self, step: str = "rebuild") -> Any:
        """An operator rebuilds what Stripe has of the last day, and again when the command does not finish."""
        return self._step(step, "rebuild", {})

    def restore(self) -> None:
        """The table is restored to the beginning."""
        self.testbed.restore()

    def loses_the_answers(self, path: str) -> None:
        """From now on Stripe does what it is asked at these paths, and the line breaks before it can say so."""
        self.testbed.stripe.control.set_faults(
            {"api": {"mode": "drop_connection_after_commit", "path": path, "times": 1_000}}
        )

    def conflicts(self) -> None:
        """From now on every transaction meets another one."""
        fault = Fault(operation="dynamodb:TransactWriteItems", error=TRANSACTION_CONFLICT, times=None)
        self.testbed.aws.faults.add(fault)

    def calm(self) -> None:
        """All is well again."""
        self.testbed.aws.faults.clear()
        self.testbed.stripe.control.clear_faults()

    def work_off(self) -> None:
        """The queue hands over what it holds, and again when a worker does not finish."""
        account = self.testbed.account

        def handle(event: dict[str, Any], _context: object) -> None:
            done = self._once("queue", "queue", event)
            if done.refused:
                raise RuntimeError(done.refused)

        QueuePump(self.testbed.sqs, account.queue_url, handle, redeliver_after=0).drain(20)

    def reconcile(self, step: str = "reconcile", *, ahead: float = NEXT_TURN) -> None:
        """The clock sets off the reconciler, and again at its next turn when it does not finish."""

        def handle(event: dict[str, Any], _context: object) -> Any:
            return self._step(step, "reconcile", event, ahead=ahead, repair="repeat")

        Schedule("reconcile", "rate(4 minutes)", handle).fire()

    def deliver(self, step: str = "deliver", *, ahead: float = 0.0) -> None:
        """The clock sets off the delivery of messages; killed, it comes again by the clock only."""

        def handle(event: dict[str, Any], _context: object) -> Any:
            return self._step(step, "deliver", event, ahead=ahead, repair="leave")

        Schedule("deliver_messages", "rate(1 minute)", handle).fire()

    def catch_up(self) -> None:
        """The clock sets off the daily look at Stripe's records."""

        def handle(event: dict[str, Any], _context: object) -> Any:
            return self._step("catch_up", "catch_up", event, repair="repeat")

        Schedule("catch_up", "cron(30 4 * * ? *)", handle).fire()

    def rest(self) -> None:
        """What comes by itself in the end: the queue's messages and, while something is live, the reconciler."""
        self.work_off()
        if any(item["status"] in LIVE or "dueAt" in item for item in self._own("PAYMENT#")):
            self.reconcile(step="rest")

    def _step(
        self, step: str, operation: str, arguments: dict[str, Any], *, ahead: float = 0.0, repair: Repair | None = None
    ) -> Any:
        try:
            return self._once(step, operation, arguments, ahead).answer
        except WorkerKilled:
            repair = repair or self.repair
            if repair == "leave":
                return None
            if repair == "reconcile":
                self.rest()
            return self._once(step, operation, arguments, ahead).answer

    def _once(self, step: str, operation: str, arguments: dict[str, Any], ahead: float = 0.0) -> Done:
        kill = self.kills.pop(step, None)
        try:
            done = self.testbed.workers.run(operation, arguments, kill=kill, ahead=ahead, settings=self.settings)
        except WorkerKilled:
            self.killed.append(step)
            raise
        self.calls.setdefault(step, done.calls)
        if done.refused:
            self.refused[step] = done.refused
        return done

    # -- what can be seen --------------------------------------------------------------------------------------------

    def checkouts(self) -> list[dict[str, Any]]:
        """The student's checkouts at Stripe, oldest first."""
        account = self.testbed.stripe.account
        with account.lock:
            bodies = [checkout.body for checkout in account.checkouts.values()]
            return copy.deepcopy([body for body in bodies if body["metadata"].get("userId") == self.student])

    def state(self) -> State:
        """Everything that is left, in words that do not depend on ids and times."""
        return State.of(StoredItems(self.testbed.account.table).items(), self.checkouts(), self.student)

    def faults(self) -> list[str]:
        """What is wrong with what is stored, or between storage and Stripe."""
        items = StoredItems(self.testbed.account.table).items()
        sessions = self._own("PAYMENT#")
        paid = sum(body["amount_total"] for body in self.checkouts() if body["payment_status"] == "paid")
        booked = sum(item["amount"] for item in sessions if item["status"] in ("completed", "review", "reversed"))
        found = broken_invariants(items)
        if paid != booked:
            found.append(f"Stripe was paid {paid}, storage says {booked}")
        refunds = self.refunds()
        went_back = sum(refund["amount"] for refund in refunds if refund["status"] in ("pending", "succeeded"))
        refunded = sum(item.get("refunded", 0) for item in sessions)
        if went_back != refunded:
            found.append(f"Stripe refunded {went_back}, storage says {refunded}")
        ours = [refund["metadata"]["refundId"] for refund in refunds if "refundId" in refund["metadata"]]
        if len(ours) != len(set(ours)):
            found.append(f"a refund was made twice: {ours}")
        return found

    def refunds(self) -> list[dict[str, Any]]:
        """The refunds of the student's payments at Stripe, oldest first."""
        account, payments = self.testbed.stripe.account, {body["payment_intent"] for body in self.checkouts()}
        with account.lock:
            return [copy.deepcopy(one) for one in account.refunds.values() if one["payment_intent"] in payments]

    def _newest(self) -> str:
        return max(str(item["paymentSessionId"]) for item in self._own("PAYMENT#"))

    def _order(self, amount: int | None, refund_id: str) -> dict[str, Any]:
        order = {"user_id": self.student, "payment_session_id": self._newest(), "refund_id": refund_id}
        return {**order, "amount": amount, "note": "Asked for it within fourteen days.", "by": ADMIN}

    def _own(self, prefix: str) -> list[dict[str, Any]]:
        return [
            item for item in StoredItems(self.testbed.account.table).of(self.student) if item["SK"].startswith(prefix)
        ]

    def _event(self, kind: str) -> dict[str, Any]:
        account, ours = self.testbed.stripe.account, {body["id"] for body in self.checkouts()}
        ours |= {body["payment_intent"] for body in self.checkouts() if body["payment_intent"]}
        with account.lock:
            events = [event for event in account.events.values() if event["type"] == kind]
            found = [event for event in events if not ours.isdisjoint(_ids_in(event["data"]["object"]))]
            event: dict[str, Any] = copy.deepcopy(found[-1])
        return event


def _ids_in(body: dict[str, Any]) -> set[str]:
    """The ids that say whose an object is: its own, and that of its payment."""
    return {str(body["id"]), str(body.get("payment_intent"))}
