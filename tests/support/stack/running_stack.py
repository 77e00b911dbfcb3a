"""The running product for tests: called over HTTP, with access to Stripe, AWS and the stored items."""

from __future__ import annotations

import io
import json
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import urllib3
from attrs import define, evolve, field, frozen
from moto.cognitoidp.models import cognitoidp_backends

from domain.ports.telemetry import Telemetry
from scripts.aws_emulator.server import ACCOUNT, REGION
from scripts.stack.aws_resources import SECOND_FACTOR_FUNCTION, User, add_user
from scripts.stack.gateway import LARGEST_BODY
from scripts.stack.http_server import HttpServer
from scripts.stack.seed import courses, seed_table
from scripts.stack.stack import LocalStack
from scripts.stripe_emulator import StripeEmulator
from scripts.stripe_emulator.webhooks.signing import signature_header
from tests.support.aws.client_timeouts import TIMEOUT, lengthen_timeouts
from tests.support.aws.cognito_tokens import IdTokenIssuer
from tests.support.stack.stored_state import StoredItems

FREE, PAID, OTHER_PAID, SOON = "TEST-COURSE-001", "TEST-COURSE-005", "TEST-COURSE-003", "TEST-COURSE-006"
PRICE = 14_999
VISA, DECLINED, CHALLENGED = "4242424242424242", "4000000000000002", "4000002760003184"
DEBIT = "000123456789"
WEBHOOKS = "/api/webhooks/stripe"


@frozen
class Reply:
    """A response of the API."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The body, parsed as JSON."""
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        """The error's code."""
        return str(self.body["code"])


@define(eq=False)
class Visitor:
    """A client of the API; without a token it is unauthenticated."""

    api_url: str
    http: urllib3.PoolManager
    token: str | None = field(default=None, repr=False)
    user_id: str = ""
    email: str = ""

    def get(self, path: str, **headers: str) -> Reply:
        """Send a GET request."""
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Reply:
        """Send a POST request with a JSON body."""
        return self.send("POST", path, json.dumps({} if body is None else body).encode(), **headers)

    def patch(self, path: str, body: object) -> Reply:
        """Send a PATCH request with a JSON body."""
        return self.send("PATCH", path, json.dumps(body).encode())

    def send(self, method: str, path: str, raw: bytes | None, **headers: str) -> Reply:
        """Send any request; underscores in header names stand for dashes."""
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        given |= {"Content-Type": "application/json"} if raw is not None else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.http.request(method, self.api_url + path, body=raw, headers=given)
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)

    def enroll(self, course_id: str = PAID, /, **more: object) -> Reply:
        """POST /api/enrollments."""
        return self.post("/api/enrollments", {"courseId": course_id, **more})

    def book(self, course_id: str = PAID, /, **more: object) -> Reply:
        """POST /api/payments/sessions."""
        return self.post("/api/payments/sessions", {"courseId": course_id, **more})

    def checkout(self, course_id: str = PAID, /, **more: object) -> tuple[str, str]:
        """Open a checkout; returns our session's id and Stripe's."""
        opened = self.enroll(course_id, **more)
        assert opened.status == 201, opened.raw
        return opened.body["paymentSessionId"], checkout_of(opened.body["clientSecret"])

    def is_enrolled(self, course_id: str = PAID) -> bool:
        """Whether the student is enrolled in the course."""
        return bool(self.get(f"/api/enrollments/check/{course_id}").body["enrolled"])

    def session(self, session_id: str) -> Any:
        """One of the student's payment sessions."""
        return self.get(f"/api/payments/sessions/{session_id}").body

    def comes_back(self, checkout_id: str) -> Any:
        """What the return page gets about the checkout."""
        answer = self.get(f"/api/checkout/session/{checkout_id}")
        assert answer.status == 200, answer.raw
        return answer.body


@frozen
class CallCounts:
    """The calls to DynamoDB and to Stripe; complete only after the ``counting`` block."""

    dynamodb: Counter[str] = field(factory=Counter)
    stripe: list[str] = field(factory=list)

    @property
    def reads(self) -> int:
        """Calls that read."""
        return sum(self.dynamodb[name] for name in ("GetItem", "BatchGetItem", "Query", "TransactGetItems", "Scan"))

    @property
    def writes(self) -> int:
        """Calls that write; a transaction is one."""
        return self.dynamodb.total() - self.reads


@define(eq=False)
class LiveSchool:
    """A running stack. ``emitted`` has every line that the Lambda function writes: its log and its metrics."""

    stack: LocalStack
    emitted: io.StringIO = field(factory=io.StringIO)
    http: urllib3.PoolManager = field(factory=lambda: urllib3.PoolManager(maxsize=100, retries=False, timeout=TIMEOUT))
    emulator: StripeEmulator = field(init=False)
    storage: StoredItems = field(init=False)
    _id_tokens: IdTokenIssuer = field(init=False)

    def __attrs_post_init__(self) -> None:
        account, emulator = self.stack.account, self.stack.emulator
        if emulator is None:
            raise ValueError("journeys need the emulated Stripe")
        self.emulator = emulator
        self.storage = StoredItems(account.table)
        self._id_tokens = IdTokenIssuer(account.issuer, account.client_id)
        lengthen_timeouts(sys.modules["adapters.aws"])
        # Messages go out when a test asks for them: a tick of the clock would be counted among a request's calls.
        self.stack.schedules["deliver_messages"].stop()
        self._listen()

    def stranger(self, token: str | None = None, api_url: str | None = None) -> Visitor:
        """A client without a token, or with this one."""
        return Visitor(api_url or self.stack.api_url, self.http, token)

    def student(self, name: str = "student", /, **claims: object) -> Visitor:
        """A new student, without a student record yet."""
        user_id = str(uuid.uuid4())
        email = f"{name}-{user_id[:8]}@example.com"
        token = self._id_tokens.token(user_id, email, **claims)
        return Visitor(self.stack.api_url, self.http, token, user_id, email)

    def regular(self) -> Visitor:
        """A new student with a student record."""
        student = self.student()
        assert student.get("/api/students/me").status == 200
        return student

    def user(self, name: str, *groups: str) -> str:
        """Add a user who can sign in at Cognito with the local password; returns the e-mail address."""
        email = f"{uuid.uuid4().hex[:8]}@example.com"
        add_user(self.stack.clients("cognito-idp"), self.stack.account.pool_id, User(email, name, groups))
        return email

    @contextmanager
    def requiring_second_factor(self) -> Iterator[None]:
        """Meanwhile the user pool calls its function for tokens, as with ``SECOND_FACTOR=required-for-office``."""
        pool = cognitoidp_backends[ACCOUNT][REGION].user_pools[self.stack.account.pool_id]
        trigger = {"LambdaArn": SECOND_FACTOR_FUNCTION, "LambdaVersion": "V1_0"}
        pool.extended_config["LambdaConfig"] = {"PreTokenGenerationConfig": trigger}
        try:
            yield
        finally:
            pool.extended_config["LambdaConfig"] = {}

    def admin(self) -> Visitor:
        """A new administrator."""
        return self.student("admin", **{"cognito:groups": ["admin"]})

    def coupon(self, **options: object) -> str:
        """Issue a coupon, 20 per cent off by default; returns its code."""
        code = f"C{uuid.uuid4().hex[:10].upper()}"
        wanted = {"code": code, "discountType": "percentage", "discountValue": 20, **options}
        issued = self.admin().post("/api/admin/coupons", wanted)
        assert issued.status == 201, issued.raw
        return str(issued.body["code"])

    def pay(self, checkout_id: str, card: str = VISA, challenge: str | None = None) -> Any:
        """Pay at Stripe as the student would."""
        return self.emulator.pay(checkout_id, card, challenge)

    def hear(self) -> None:
        """Return when every webhook has arrived."""
        assert self.emulator.settle_webhooks(TIMEOUT), "webhooks are still on their way"

    def stripe_faults(self, **faults: object) -> None:
        """Inject faults into Stripe: ``api`` and ``webhooks`` as in the emulator's control API."""
        self.emulator.control.set_faults(faults)

    @contextmanager
    def repriced(self, amount: int) -> Iterator[None]:
        """Meanwhile Stripe sells the paid course at this price, whatever our table says."""
        course = next(course for course in courses() if course["courseId"] == PAID)
        ids = {"product_id": course["stripeProductId"], "price_id": course["stripePriceId"], "name": course["name"]}
        self.emulator.catalog(**ids, unit_amount=amount)
        try:
            yield
        finally:
            self.emulator.catalog(**ids, unit_amount=PRICE)

    def stripe_loses(self, *modes: str, path: str = "/v1/checkout/sessions") -> None:
        """Let the next calls to this path fail, one fault per call, as in the emulator's control API.

        Stripe's client tries twice, so it takes two faults to make it give up.
        """
        self.stripe_faults(api=[{"mode": mode, "path": path, "seconds": 0.1, "stored": False} for mode in modes])

    def event(self, kind: str, checkout_id: str) -> dict[str, Any]:
        """The event of this kind that Stripe made about a checkout."""
        account = self.emulator.account
        with account.lock:
            intent = account.checkouts[checkout_id].body["payment_intent"]
            wanted = (event for event in account.events.values() if event["type"] == kind)
            found = next(event for event in wanted if event["data"]["object"]["id"] in (checkout_id, intent))
            copy: dict[str, Any] = json.loads(json.dumps(found))
        return copy

    def checkout_of_session(self, session_id: str) -> str:
        """Stripe's id of the checkout that was opened for our session, whether or not we know it."""
        account = self.emulator.account
        with account.lock:
            bodies = [checkout.body for checkout in account.checkouts.values()]
            return str(next(body["id"] for body in bodies if body["client_reference_id"] == session_id))

    def sign(self, body: bytes, *, age: int = 0, secret: str | None = None) -> str:
        """Stripe's signature of a message, `age` seconds ago."""
        return signature_header(body, [secret or self.stack.keys.webhook_secret], self.now() - age)

    def now(self) -> int:
        """Stripe's current time in seconds, as in its signatures."""
        return int(self.emulator.account.clock.base())

    def queued(self, *, dead: bool = False) -> int:
        """How many messages the queue holds, or its dead-letter queue."""
        account = self.stack.account
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = account.dead_letter_url if dead else account.queue_url
        answer = self.stack.clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    @contextmanager
    def rotated(self, webhook_secret: str) -> Iterator[None]:
        """Meanwhile this is the webhook secret; the previous version is still stored."""
        secrets, name, keys = self.stack.clients("secretsmanager"), self.stack.account.secret, self.stack.keys
        changed = evolve(keys, webhook_secret=webhook_secret)
        secrets.put_secret_value(SecretId=name, SecretString=json.dumps(changed.as_secret()))
        try:
            yield
        finally:
            secrets.put_secret_value(SecretId=name, SecretString=json.dumps(keys.as_secret()))

    def deliver(self, event: object, *, path: str = WEBHOOKS, api_url: str | None = None) -> Reply:
        """POST an event as Stripe does."""
        body = json.dumps(event).encode()
        return self.stranger(api_url=api_url).send("POST", path, body, Stripe_Signature=self.sign(body))

    @contextmanager
    def counting(self) -> Iterator[CallCounts]:
        """Count the calls made meanwhile."""
        aws, api, spent = self.stack.aws.faults, self.emulator.api, CallCounts()
        before, seen = len(aws.calls()), len(api.log)
        yield spent
        calls = (name.partition(":") for name in aws.calls()[before:])
        spent.dynamodb.update(operation for service, _, operation in calls if service == "dynamodb")
        spent.stripe.extend(f"{call.method} {call.path}" for call in list(api.log)[seen:])

    def signals(self, name: str, **dimensions: str) -> int:
        """How often a metric was emitted so far with these dimensions (reason, provider)."""
        lines = (json.loads(line) for line in self.emitted.getvalue().splitlines() if '"_aws"' in line)
        return sum(name in line and all(line.get(key) == value for key, value in dimensions.items()) for line in lines)

    def forget_attempts(self) -> None:
        """Delete all rate-limit counters."""
        dynamodb = self.stack.clients("dynamodb")
        for item in self.storage.items():
            if item["PK"].startswith("RATE#"):
                key = {name: {"S": item[name]} for name in ("PK", "SK")}
                dynamodb.delete_item(TableName=self.stack.account.table, Key=key)

    @contextmanager
    def nearly_used_up(self, code: str, *, left: int) -> Iterator[None]:
        """Meanwhile a sharded coupon's counters say that all uses but these few are taken, wherever they are left."""
        dynamodb, table = self.stack.clients("dynamodb"), self.stack.account.table
        shards = [item for item in self.storage.items() if item["PK"].startswith(f"COUPONSHARD#{code}#")]

        def count(shard: dict[str, Any], change: int) -> None:
            dynamodb.update_item(
                TableName=table,
                Key={name: {"S": shard[name]} for name in ("PK", "SK")},
                UpdateExpression="ADD currentUses :change",
                ExpressionAttributeValues={":change": {"N": str(change)}},
            )

        taken = [int(shard["maxUses"]) - (number < left) for number, shard in enumerate(shards)]
        for shard, change in zip(shards, taken, strict=True):
            count(shard, change)
        yield
        for shard, change in zip(shards, taken, strict=True):
            count(shard, -change)

    @contextmanager
    def more_courses(self, count: int) -> Iterator[list[str]]:
        """Meanwhile there are more paid courses, which Stripe sells too; yields their ids."""
        dynamodb, table = self.stack.clients("dynamodb"), self.stack.account.table
        model = next(course for course in courses() if course["courseId"] == PAID)
        extra = [{**model, "courseId": f"EXTRA-{number}"} for number in range(count)]
        seed_table(dynamodb, table, extra)
        yield [course["courseId"] for course in extra]
        for course in extra:
            key = {"PK": {"S": f"COURSE#{course['courseId']}"}, "SK": {"S": "METADATA"}}
            dynamodb.delete_item(TableName=table, Key=key)

    def change_course(self, course_id: str, *, price: int, coming_soon: bool) -> None:
        """Change a course in the table, as an operator would; the price is in cents."""
        values = {":price": {"N": str(Decimal(price) / 100)}, ":soon": {"BOOL": coming_soon}}
        self.stack.clients("dynamodb").update_item(
            TableName=self.stack.account.table,
            Key={"PK": {"S": f"COURSE#{course_id}"}, "SK": {"S": "METADATA"}},
            UpdateExpression="SET price = :price, comingSoon = :soon",
            ExpressionAttributeValues=values,
        )

    @contextmanager
    def another_instance(self) -> Iterator[str]:
        """Run a second instance of the Lambda function, with empty caches; yields its URL."""
        gateway = self.stack.gateway(self.stack.load())
        self._listen()
        with HttpServer(gateway, 0, LARGEST_BODY) as server:
            yield server.url

    def _listen(self) -> None:
        """Collect what the Lambda function that was loaded last writes to standard output."""
        telemetry: Any = sys.modules["app"].container.resolve(Telemetry)
        telemetry.output = self.emitted

    def calm(self) -> None:
        """Clear all faults and wait for all webhooks and messages."""
        self.stack.aws.faults.clear()
        self.emulator.control.clear_faults()
        self.emulator.account.clock.reset()
        self.stack.queue.resume()
        self.hear()
        self.stack.drain_queue()


def checkout_of(client_secret: str) -> str:
    """Stripe's id of the checkout that a client secret belongs to."""
    return client_secret.partition("_secret_")[0]
