"""The package starts under the real Lambda bootstrap, with nothing but the managed runtime beside it, and works."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.event_codec import encode
from domain.money import Money
from domain.payments.events import CheckoutPaid
from scripts.aws_emulator.server import REGION
from scripts.bench.requests import EXPECTED, PATHS, Requests
from scripts.stripe_emulator.webhooks.signing import signature_header
from tests.support.deployment.deployed_functions import Api, EmulatedServices, emulated_services
from tests.support.deployment.lambda_runtime import FunctionError, LambdaRig, managed_runtime
from tests.support.deployment.package import Package
from tests.support.http.openapi import document

pytestmark = pytest.mark.packaging

SCHEDULED = ("app.catch_up", "app.reconcile", "app.recount")
PAID, PRICE = "TEST-COURSE-005", 14_999


@pytest.fixture(scope="module")
def task(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip, unpacked as /var/task; the functions cannot write to it."""
    target = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(package.zip) as packed:
        packed.extractall(target)
    return target


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the managed runtime."""
    return managed_runtime(tmp_path_factory.mktemp("runtime") / "site-packages")


@pytest.fixture(scope="module")
def services() -> Iterator[EmulatedServices]:
    """The emulators, seeded with the courses."""
    with emulated_services() as running:
        yield running


@pytest.fixture(scope="module")
def api(task: Path, runtime: Path, services: EmulatedServices) -> Iterator[Api]:
    """The deployed API."""
    with LambdaRig(task=task, handler="app.app", runtime=runtime, environment=services.environment()) as rig:
        yield Api(rig)


def test_the_api_answers(api: Api) -> None:
    """Health, the catalogue out of DynamoDB, and its own description."""
    assert api.call("GET", "/api/health", who=None)[0] == 200
    status, found = api.call("GET", "/api/courses", who=None)
    assert status == 200
    assert PAID in {course["courseId"] for course in found}
    assert api.call("GET", "/api/openapi.json", who=None) == (200, document())


def test_what_a_measurement_sends_is_answered(api: Api, services: EmulatedServices) -> None:
    """A request that is refused would be measured as a fast one, or end the measurement."""
    requests = Requests(services)
    for path in PATHS:
        assert api.rig.invoke(requests.event(path, api.rig))["statusCode"] in EXPECTED[path]


def test_without_claims_nobody_enrolls(api: Api) -> None:
    """401 from the Lambda itself, whatever stands in front of it."""
    assert api.call("POST", "/api/enrollments", body={"courseId": PAID}, who=None)[0] == 401


@pytest.mark.parametrize("text", ["x#METADATA", "x\n", "\x00", "🎓", "x" * 2048, " "])
@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("/api/courses/{courseId}", "courseId"),
        ("/api/enrollments/{courseId}", "courseId"),
        ("/api/enrollments/check/{courseId}", "courseId"),
        ("/api/payments/sessions/{id}", "id"),
        ("/api/payments/sessions/stripe/{stripeSessionId}", "stripeSessionId"),
        ("/api/checkout/session/{stripeSessionId}", "stripeSessionId"),
        ("/api/webhooks/{provider}", "provider"),
    ],
)
def test_fault_81_what_could_forge_a_key_finds_nothing(api: Api, resource: str, name: str, text: str) -> None:
    """Over the real table too, an id that cannot be one is 404."""
    method = "POST" if "webhooks" in resource else "GET"
    assert api.call(method, resource, {name: text})[0] == 404


def test_a_payment_enrolls(api: Api, services: EmulatedServices) -> None:
    """Over Stripe's API, the webhook's signature and DynamoDB, in the package alone."""
    status, pending = api.call("POST", "/api/enrollments", body={"courseId": PAID})
    assert (status, pending["status"], pending["amount"]) == (201, "pending", PRICE)
    session = api.call("GET", "/api/payments/sessions/{id}", {"id": pending["paymentSessionId"]})[1]
    services.stripe.pay(session["stripeSessionId"], "4242424242424242")
    made = [each for each in services.stripe.account.events.values() if each["type"] == "checkout.session.completed"]
    [event] = [each for each in made if each["data"]["object"]["id"] == session["stripeSessionId"]]
    body = json.dumps(event).encode()
    now = int(services.stripe.account.now())
    for secret, expected in (("whsec_wrong", 400), (services.keys.webhook_secret, 200)):
        headers = {"Stripe-Signature": signature_header(body, [secret], now)}
        status, _ = api.call("POST", "/api/webhooks/{provider}", {"provider": "stripe"}, raw=body, headers=headers)
        assert status == expected
    enrolled = api.call("GET", "/api/enrollments/{courseId}", {"courseId": PAID})[1]
    assert enrolled["paymentSessionId"] == pending["paymentSessionId"]


def test_a_queued_event_enrolls(api: Api, task: Path, runtime: Path, services: EmulatedServices) -> None:
    """The worker settles what the queue brings, without a call to Stripe; nonsense stays in the queue."""
    pending = api.call("POST", "/api/enrollments", body={"courseId": PAID}, who="user-2")[1]
    event = CheckoutPaid(
        provider="stripe",
        event_id="evt_queued",
        event_type="checkout.session.completed",
        user_id="user-2",
        course_id=PAID,
        payment_session_id=pending["paymentSessionId"],
        provider_session_id=None,
        reference=pending["paymentSessionId"],
        livemode=False,
        amount=Money(PRICE, "usd"),
        provider_payment_id="pi_queued",
        customer_id=None,
    )
    with LambdaRig(
        task=task,
        handler="app.settle_queued_event",
        runtime=runtime,
        environment=services.environment() | {"STRIPE_API_BASE": "http://127.0.0.1:9"},
    ) as worker:
        assert worker.invoke({"Records": [{"messageId": "m1", "receiptHandle": "r", "body": encode(event)}]}) is None
        with pytest.raises(FunctionError, match="MalformedEvent"):
            worker.invoke({"Records": [{"messageId": "m2", "receiptHandle": "r", "body": "{}"}]})
    assert api.call("GET", "/api/enrollments/{courseId}", {"courseId": PAID}, who="user-2")[0] == 200


@pytest.mark.parametrize("handler", SCHEDULED)
def test_the_scheduled_functions_run(task: Path, runtime: Path, services: EmulatedServices, handler: str) -> None:
    """Each scheduled function starts and finishes its work."""
    event = {
        "id": "1",
        "version": "0",
        "account": "123456789012",
        "region": REGION,
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "time": "2026-01-15T12:00:00Z",
        "resources": [],
        "detail": {},
    }
    with LambdaRig(task=task, handler=handler, runtime=runtime, environment=services.environment()) as rig:
        assert isinstance(rig.invoke(event), dict)


def test_logs_name_nobody(api: Api) -> None:
    """No e-mail address, secret or key in anything that the function has written."""
    written = api.rig.logs()
    assert not [word for word in ("@example.com", "_secret_", "sk_test", "whsec", "Traceback") if word in written]


def test_an_incomplete_environment_stops_the_start(task: Path, runtime: Path) -> None:
    """Control: a function that cannot work does not start, and says what is missing."""
    with pytest.raises(FunctionError, match="Missing in the environment: STAGE, TABLE_NAME"):
        LambdaRig(task=task, handler="app.app", runtime=runtime, environment={}).__enter__()


def test_a_handler_that_does_not_exist_stops_the_start(task: Path, runtime: Path, services: EmulatedServices) -> None:
    """Control: the rig reports a handler that does not exist."""
    with pytest.raises(FunctionError, match="HandlerNotFound"):
        LambdaRig(task=task, handler="app.nothing", runtime=runtime, environment=services.environment()).__enter__()
