"""Whatever answers in Stripe's place, every call ends in time, and in an error that the school knows."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import stripe
from attrs import evolve

from adapters import deadline
from adapters.circuit_breaker import FAILURES
from adapters.memory.clock import MemoryClock
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.stripe import payment_gateway
from adapters.stripe.payment_gateway import StripeGateway
from adapters.stripe.transport import MAX_ANSWER, BoundedClient
from domain.errors import ProviderUnavailable
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import PaymentGateway
from tests.support.factories import NOW, a_student
from tests.support.hostile_answers import (
    A_CUSTOMER,
    A_REVERSAL,
    ASKED,
    BODIES,
    BROKEN,
    CALLS,
    SESSION,
    SILENT,
    STATUSES,
    changed,
    end_of,
    http,
    require_silence,
    some,
)
from tests.support.hostile_server import HostileServer
from tests.support.stripe.gateway_rig import SECRETS, StripeRig

ADAPTER = Path(payment_gateway.__file__).parent


def test_every_call_to_a_provider_is_tried_here() -> None:
    """A new method of the port needs a line in ``CALLS``, unless it asks the provider nothing."""
    methods = {name for name, member in vars(PaymentGateway).items() if callable(member) and name[0] != "_"}
    assert methods - SILENT == ASKED


class QuickClient(BoundedClient):
    """The product's transport, which does not wait before a retry."""

    def _sleep_time_seconds(self, num_retries: int) -> float:
        return 0.001 * num_retries


def a_gateway(
    url: str | None, transport: Callable[[tuple[float, float]], stripe.HTTPClient] = QuickClient
) -> StripeGateway:
    """A gateway that talks to this address by this transport."""
    clock = MemoryClock(NOW)
    return StripeGateway(
        secrets=MemorySecretStore(clock, {"stripe": SECRETS}),
        clock=clock,
        telemetry=MemoryTelemetry(),
        api_base=url,
        timeout=(0.1, 0.15),
        transport=transport,
    )


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    """A server for every test of this module."""
    with HostileServer() as running:
        yield running


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("body", BODIES)
def test_fault_43_and_126_an_answer_that_cannot_be_read_is_no_answer(
    server: HostileServer, body: str, call: str
) -> None:
    """Under any status, for any call: never an exception of the SDK's or of Python's."""
    for status in some(STATUSES, about=f"{body} {call}"):
        server.answer = http(BODIES[body], status)
        require_silence(a_gateway(server.url), call, SESSION)


@pytest.mark.parametrize("call", ["open", "refund", "payment_state", "movements"])
@pytest.mark.parametrize("name", BROKEN)
def test_fault_47_a_broken_endless_or_dripping_answer_ends_in_time(server: HostileServer, name: str, call: str) -> None:
    """Two attempts of a quarter of a second each are allowed here, whatever keeps coming, and 16 MB each."""
    server.answer = BROKEN[name](server)
    begun = time.monotonic()
    require_silence(a_gateway(server.url), call, SESSION)
    assert time.monotonic() - begun < 30


def test_fault_44_the_breaker_opens_when_nothing_can_be_read(server: HostileServer) -> None:
    """What stands in Stripe's place answers, and yet nothing new is begun."""
    server.answer = http(b'{"error":"maintenance"}', "503 Service Unavailable")
    gateway = a_gateway(server.url)
    for _ in range(FAILURES):
        gateway.require_ready()
        with pytest.raises(ProviderUnavailable):
            gateway.look_up(SESSION)
    with pytest.raises(ProviderUnavailable):
        gateway.require_ready()


def test_an_answer_as_long_as_any_that_we_ask_for_is_read(server: HostileServer) -> None:
    """The bound on its length is no bound on what Stripe sends."""
    page = json.dumps({"object": "list", "data": [], "has_more": False, "x": "y" * (MAX_ANSWER - 100)}).encode()
    server.answer = http(page)
    assert evolve(a_gateway(server.url), timeout=(10.0, 60.0)).completed_checkouts(since=NOW, at_most=1) == ()


def test_less_time_left_means_less_waiting(server: HostileServer) -> None:
    """A patient gateway waits no longer than the request that it works for."""
    server.answer = BROKEN["dripping_body"](server)
    patient = evolve(a_gateway(server.url), timeout=(30.0, 30.0))
    begun = time.monotonic()
    with deadline.within(deadline.RESERVE + deadline.SHORTEST_CALL + 0.1), pytest.raises(ProviderUnavailable):
        patient.look_up(SESSION)
    assert time.monotonic() - begun < 20


# -- answers that are almost right -------------------------------------------------------------------------------------


class ReplayClient(stripe.HTTPClient):
    """Answers with ``answers``, one after the other; once they are over, with the last."""

    name = "replay"

    def __init__(self) -> None:
        super().__init__()
        self.answers: deque[tuple[Any, int]] = deque()

    def request(  # type: ignore[override]  # as in the product's
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """The next answer."""
        body, status = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        return json.dumps(body).encode(), status, {}

    def close(self) -> None:
        """Nothing is open."""

    def _sleep_time_seconds(self, num_retries: int) -> float:
        return 0.0 * num_retries


READ = {word for file in ADAPTER.glob("*.py") for word in re.findall(r'"(\w+)"', file.read_text("utf-8"))}
READ_INSIDE = {
    "balance_transactions",
    "customer_details",
    "data",
    "last_payment_error",
    "latest_charge",
    "metadata",
    "object",
    "payment_intent",
    "source",
    "total_details",
}


def recorded(call: str) -> tuple[PaymentSession, list[tuple[dict[str, Any], int]]]:
    """What the emulator answers to this call about a paid session with a refund and a dispute."""
    with StripeRig() as rig:
        rig.emulator.set_webhook("http://127.0.0.1:9/nobody-listens")
        if call.startswith("open"):
            CALLS[call](rig.gateway, SESSION)
            return SESSION, [(exchange.answer, exchange.status) for exchange in rig.exchanges]
        checkout = rig.gateway.open_checkout(SESSION, a_student())
        session = evolve(SESSION, provider_session_id=checkout.provider_session_id)
        if call != "close":
            rig.emulator.pay(checkout.provider_session_id, "4242424242424242")
            intent = rig.emulator.account.checkouts[checkout.provider_session_id].body["payment_intent"]
            session = evolve(session, provider_payment_id=intent)
            A_CUSTOMER["stripe"] = str(rig.emulator.account.intents[intent]["customer"])
            A_REVERSAL["stripe"] = str(rig.emulator.refund(intent, 100)["id"])
            if call != "refund":
                rig.emulator.open_dispute(intent, 100)
        before = len(rig.exchanges)
        CALLS[call](rig.another_gateway(), session)
        return session, [(exchange.answer, exchange.status) for exchange in rig.exchanges[before:]]


@pytest.mark.parametrize("call", CALLS)
def test_fault_126_a_field_of_the_wrong_type_is_never_a_crash(call: str) -> None:
    """Each field of each answer, wrong in every way: the call succeeds without it, or ends in an error by name."""
    session, answers = recorded(call)
    client = ReplayClient()
    gateway = a_gateway(None, lambda _: client)
    ends: set[str] = set()
    for number, (answer, status) in enumerate(answers):
        for wrong in some(changed(answer, READ, READ_INSIDE), about=f"{call} {number}", at_least=100):
            client.answers = deque([*answers[:number], (wrong, status), *answers[number + 1 :]])
            ends.add(end_of(lambda: CALLS[call](gateway, session)))
    assert ends == {"", "ProviderUnavailable"}
