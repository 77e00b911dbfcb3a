"""Cold start is design: importing app.py loads what every request needs, and no vendor's library."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.deployment.variables import ENVIRONMENT
from tests.support.sources import ROOT

HEAVY = {
    "boto3",
    "botocore",
    "stripe",
    "requests",
    "urllib3",
    "aws_lambda_powertools",
    "asyncio",
    "ssl",
    "moto",
    "sqlite3",
    "multiprocessing",
}


def loaded(code: str) -> set[str]:
    """The modules that a new process has loaded after this code, with the network out of reach."""
    closed = "import socket, sys, json\nsocket.socket.connect = None\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{closed}{code}\nprint(json.dumps(sorted(sys.modules)))"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stdout))


EVERY_VIEW = """
import app
from adapters.http.api import VIEWS, LoadedViews
loaded = LoadedViews(app.container)
for views in VIEWS:
    loaded.routes_of(views)

from domain.ports.payment_gateway import Gateways
gateways = app.container.resolve(Gateways)
for name in gateways.names:
    gateways.named(name)
"""


def test_importing_the_app_loads_no_view_and_no_use_case() -> None:
    """A function is started for one request; it pays for what that request needs."""
    found = loaded("import app")
    assert {"app", "adapters.container", "adapters.http.routing"} <= found
    assert not {
        name for name in found if name.startswith(("domain.use_cases.", "domain.services.", "adapters.dynamodb."))
    }
    assert not found & (HEAVY | {"adapters.http.serializers", "cattrs"})


def test_building_every_view_loads_no_vendors_library() -> None:
    """Neither boto3, botocore nor stripe, nor what they stand on; no AWS credentials are looked for."""
    found = loaded(EVERY_VIEW)
    assert {"domain.use_cases.student.enroll", "adapters.stripe.payment_gateway"} <= found
    assert not found & HEAVY


def test_building_every_view_loads_nothing_that_only_the_document_needs() -> None:
    """Classes of responses are read by type checkers and by the generator of the OpenAPI document."""
    found = loaded(EVERY_VIEW)
    assert "adapters.http.serializers" in found
    assert not {name for name in found if name.startswith("adapters.http.response_bodies")} | (
        found & {"yaml", "scripts"}
    )


CHECKOUT_AT_STRIPE = """
from stripe import HTTPClient
from adapters.circuit_breaker import CircuitBreaker
from adapters.memory.clock import MemoryClock
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.stripe.api import Request, StripeApi
from domain.ports.secret_store import ProviderSecrets
from tests.support.factories import NOW

class Answering(HTTPClient):
    name = "answering"
    def request(self, method, url, headers, post_data=None):
        return b'{"id": "cs_1", "object": "checkout.session", "customer": {"object": "customer"}}', 200, {}

clock = MemoryClock(NOW)
secrets = ProviderSecrets(secret_key="sk_test_x", publishable_key="pk_test_x", webhook_secrets=())
api = StripeApi(
    provider="stripe",
    secrets=MemorySecretStore(clock, {"stripe": secrets}),
    telemetry=MemoryTelemetry(),
    breaker=CircuitBreaker(clock),
    transport=lambda _: Answering(),
)
assert api.call(Request("post", ("checkout", "sessions")), lambda answer: answer.body["id"]) == "cs_1"
"""


def test_asking_stripe_loads_none_of_its_services_and_objects() -> None:
    """The SDK has modules for each; importing them was a quarter of the first request's processor time."""
    found = {name for name in loaded(CHECKOUT_AT_STRIPE) if name.startswith("stripe.")}
    assert "stripe._api_requestor" in found
    assert not found & {"stripe.checkout", "stripe._checkout_service", "stripe._customer", "stripe._object_classes"}


def test_the_rule_would_notice() -> None:
    """Control: a client that is made is seen."""
    assert {"botocore", "urllib3"} <= loaded("from adapters.aws import botocore_clients\nbotocore_clients.session()")
