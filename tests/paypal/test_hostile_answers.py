"""Whatever answers in PayPal's place, every call ends in time, and in an error that the school knows."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field

from adapters import deadline
from adapters.circuit_breaker import FAILURES
from adapters.memory.clock import MemoryClock
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.paypal import payment_gateway
from adapters.paypal.payment_gateway import PayPalGateway
from domain.errors import DomainError, ProviderUnavailable
from domain.payments.events import CheckoutPaid
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.secret_store import ProviderSecrets
from domain.ports.telemetry import Signal
from scripts.paypal_emulator.http_server import Answer as PayPalAnswer
from scripts.paypal_emulator.http_server import Respond, connection_handler
from tests.support.factories import NOW, a_session, a_student
from tests.support.hostile_answers import BODIES, CALLS, STATUSES, http
from tests.support.payment_providers import PayPalProvider
from tests.support.stripe.hostile_server import Answer, HostileServer

SESSION = a_session(
    provider="paypal",
    provider_session_id="ORDER1",
    provider_payment_id="CAPTURE1",
    status=Status.PROCESSING,
    capture_attempts=1,
)
SILENT = {"find", "movements", "rebuildable", "recent_reversals", "receipt_url"}
"""Calls that ask PayPal nothing."""

LISTING = {"undelivered", "completed"}
"""Calls for which an object without a list is an empty one."""

ASKING = sorted(CALLS.keys() - SILENT)
TOKEN = b'{"access_token":"A21","expires_in":30000}'
ADAPTER = Path(payment_gateway.__file__).parent


def a_gateway(url: str) -> PayPalGateway:
    """A gateway that talks to this address."""
    clock = MemoryClock(NOW)
    keys = ProviderSecrets(secret_key="secret", publishable_key="client", webhook_secrets=("WH-1",))
    secrets = MemorySecretStore(clock, {"paypal": keys})
    return PayPalGateway(secrets=secrets, clock=clock, telemetry=MemoryTelemetry(), stage="test", api_base=url)


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    """A server for every test of this module."""
    with HostileServer() as running:
        yield running


def after_the_token(answer: Answer) -> Answer:
    """A token first, and this answer to everything else; a new gateway asks for the token first."""
    tokens = iter([http(TOKEN)])

    def pieces() -> Iterable[bytes]:
        return next(tokens, answer)()

    return pieces


@pytest.mark.parametrize("call", ASKING)
@pytest.mark.parametrize("body", BODIES)
def test_fault_43_an_answer_that_cannot_be_read_is_an_error_by_name(
    server: HostileServer, body: str, call: str
) -> None:
    """Under any status, for any call: never an exception of Python's."""
    for status in STATUSES:
        server.answer = after_the_token(http(BODIES[body], status))
        end = _end_of(lambda: CALLS[call](a_gateway(server.url), SESSION))
        assert end == "ProviderUnavailable" or (end == "" and call in LISTING and status == "200 OK"), status


@pytest.mark.parametrize("body", BODIES)
def test_a_token_that_cannot_be_read_is_none(server: HostileServer, body: str) -> None:
    """Under any status."""
    for status in STATUSES:
        server.answer = http(BODIES[body], status)
        assert _end_of(lambda: a_gateway(server.url).look_up(SESSION)) == "ProviderUnavailable", status


@pytest.mark.parametrize("call", ["open", "refund", "payment_state", "undelivered"])
@pytest.mark.parametrize("endless", [False, True])
def test_fault_47_a_dripping_or_endless_answer_ends_in_time(server: HostileServer, call: str, *, endless: bool) -> None:
    """A request that has little time left waits no longer than that, and reads no more than 16 MB."""

    def pieces() -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while endless and not server.stopped.is_set():
            yield b" " * 1_000_000
        yield from server.drip()

    server.answer = pieces
    gateway = a_gateway(server.url)
    with deadline.within(deadline.RESERVE + deadline.SHORTEST_CALL + 0.1), pytest.raises(ProviderUnavailable):
        CALLS[call](gateway, SESSION)
    assert gateway.telemetry.count(Signal.PROVIDER_ERROR) >= 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("answer", [http(b"null"), http(b"{}", "302 Found"), http(b"{}", "503 Service Unavailable")])
def test_fault_44_the_breaker_opens_when_nothing_can_be_read(server: HostileServer, answer: Answer) -> None:
    """What stands in PayPal's place answers, and yet nothing new is begun."""
    server.answer = answer
    gateway = a_gateway(server.url)
    for _ in range(FAILURES):
        gateway.require_ready()
        with pytest.raises(ProviderUnavailable):
            gateway.look_up(SESSION)
    assert gateway.telemetry.count(Signal.PROVIDER_ERROR) == FAILURES  # type: ignore[attr-defined]
    with pytest.raises(ProviderUnavailable):
        gateway.require_ready()


# -- answers that are almost right -------------------------------------------------------------------------------------

WRONG = [None, -1, "0001-01-01T00:00:00+10:00", [7]]
READ = {word for file in ADAPTER.glob("*.py") for word in re.findall(r'"(\w+)"', file.read_text("utf-8"))}


def changed(value: Any) -> Iterator[Any]:
    """The value with one field changed that the adapter names, nested ones too: left out, or wrong in every way."""
    if isinstance(value, list) and value:
        yield from ([other, *value[1:]] for other in changed(value[0]))
    if not isinstance(value, dict):
        return
    for name in sorted(value.keys() & READ):
        others = {other: kept for other, kept in value.items() if other != name}
        yield others
        yield from (others | {name: wrong} for wrong in WRONG)
        yield from (others | {name: inner} for inner in changed(value[name]))


@define(eq=False)
class Between:
    """Stands between the gateway and the emulator; keeps its answers, or gives others in their place, by order."""

    provider: PayPalProvider
    answers: list[PayPalAnswer] = field(factory=list)
    replaced: list[PayPalAnswer] | None = None

    def __call__(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> PayPalAnswer | None:
        """The answer to one request."""
        if self.replaced is not None:
            return self.replaced.pop(0) if len(self.replaced) > 1 else self.replaced[0]
        answer = self.provider.emulator.answer(method, target, headers, raw)
        if answer is not None:
            self.answers.append(answer)
        return answer


@contextmanager
def listening(answer: Respond) -> Iterator[str]:
    """A server that answers so; its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), connection_handler(answer))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def paid(provider: PayPalProvider, call: str) -> PaymentSession:
    """A session that the call can be made about: paid, refunded in part and disputed, or not yet so far."""
    session = a_session(provider="paypal")
    checkout = provider.gateway.open_checkout(session, a_student())
    session = evolve(session, provider_session_id=checkout.provider_session_id)
    if call in {"open", "open_with_discount", "close"}:
        return session
    if call == "capture":
        provider.approve(session)
        return evolve(session, status=Status.PROCESSING, capture_attempts=1)
    provider.pay(session)
    event = provider.gateway.look_up(session).event
    assert isinstance(event, CheckoutPaid)
    session = evolve(session, provider_payment_id=event.provider_payment_id)
    if call != "refund":
        provider.refund_elsewhere(session, 100)
        provider.dispute(session, 100)
    return session


@pytest.mark.parametrize("call", ["open", "capture", "payment_state", "refund", "undelivered"])
def test_a_field_of_the_wrong_type_is_never_a_crash(paypal: PayPalProvider, call: str) -> None:
    """Each field of each answer, wrong in every way: the call succeeds without it, or ends in an error by name."""
    session, between = paid(paypal, call), Between(paypal)
    ends: set[str] = set()
    with listening(between) as url:
        gateway = evolve(paypal.paypal, api_base=url)
        CALLS[call](gateway, session)
        recorded = list(between.answers)
        tried: set[bytes] = set()
        for number, answer in enumerate(recorded):
            if answer.content in tried:
                continue
            tried.add(answer.content)
            for wrong in changed(json.loads(answer.content)):
                other = evolve(answer, body=wrong)
                between.replaced = [*recorded[:number], other, *recorded[number + 1 :]]
                ends.add(_end_of(lambda: CALLS[call](evolve(gateway), session)))
    assert ends - {"", "ProviderRejected"} == {"ProviderUnavailable"}


def _end_of(ask: Callable[[], object]) -> str:
    try:
        ask()
    except DomainError as error:
        return type(error).__name__
    return ""
