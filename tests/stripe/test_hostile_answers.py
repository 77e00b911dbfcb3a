"""Whatever answers in Stripe's place, every call ends in time, and in an error that the school knows."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
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
from domain.errors import DomainError, ProviderUnavailable
from domain.payments.events import ReversalReported
from domain.payments.reversals import RefundStatus, Reversal, ReversalKind
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import PaymentGateway
from domain.ports.telemetry import Signal
from tests.support.factories import NOW, a_coupon, a_session, a_session_with, a_student
from tests.support.stripe.gateway_rig import SECRETS, StripeRig
from tests.support.stripe.hostile_server import Answer, HostileServer

SESSION = a_session(provider_session_id="cs_1", provider_payment_id="pi_1")
REFUND = Reversal(
    user_id="user-1",
    payment_session_id="ps_1",
    reversal_id="refund-1",
    kind=ReversalKind.REFUND,
    status=RefundStatus.REQUESTED,
    amount=500,
    currency="usd",
    updated_at=NOW,
)
LATER = NOW + timedelta(hours=1)


def report(session: PaymentSession) -> ReversalReported:
    """A report about the session's payment."""
    return ReversalReported(
        provider="stripe",
        event_id="evt_1",
        event_type="charge.dispute.created",
        provider_payment_id=session.provider_payment_id or "",
        livemode=False,
    )


ADAPTER = Path(payment_gateway.__file__).parent

CALLS: dict[str, Callable[[PaymentGateway, PaymentSession], object]] = {
    "open": lambda gateway, session: gateway.open_checkout(session, a_student()),
    "open_with_discount": lambda gateway, _: gateway.open_checkout(a_session_with(a_coupon()), a_student()),
    "look_up": lambda gateway, session: gateway.look_up(session),
    "close": lambda gateway, session: gateway.close_checkout(session),
    "capture": lambda gateway, session: gateway.capture(session),
    "find": lambda gateway, session: gateway.find_checkout(session),
    "undelivered": lambda gateway, _: gateway.undelivered_events(since=NOW, at_most=10),
    "completed": lambda gateway, _: gateway.completed_checkouts(since=NOW, at_most=10),
    "payment_state": lambda gateway, session: gateway.payment_state(session),
    "refund": lambda gateway, session: gateway.refund(session, REFUND),
    "movements": lambda gateway, _: list(gateway.movements(since=NOW, until=LATER) or ()),
    "rebuildable": lambda gateway, _: list(gateway.rebuildable_checkouts(since=NOW, until=LATER)),
    "recent_reversals": lambda gateway, _: list(gateway.recent_reversals(since=NOW, until=LATER) or ()),
    "receipt_url": lambda gateway, session: gateway.receipt_url(session),
    "find_session_of": lambda gateway, session: gateway.find_session_of(report(session)),
}


def test_every_call_to_stripe_is_tried_here() -> None:
    """A new method of the port needs a line above, unless it asks Stripe nothing."""
    silent = {"account", "require_ready", "read_event"}
    methods = {name for name, member in vars(PaymentGateway).items() if callable(member) and name[0] != "_"}
    assert methods - silent == {
        "open_checkout",
        "look_up",
        "capture",
        "close_checkout",
        "find_checkout",
        "undelivered_events",
        "completed_checkouts",
        "payment_state",
        "refund",
        "movements",
        "rebuildable_checkouts",
        "recent_reversals",
        "receipt_url",
        "find_session_of",
    }


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


def http(body: bytes, status: str = "200 OK", head: str = "") -> Answer:
    """A whole answer of HTTP with this body."""
    return lambda: (f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body,)


def endless(server: HostileServer, start: bytes, piece: bytes) -> Answer:
    """An answer that goes on as fast as it is taken."""

    def pieces() -> Iterable[bytes]:
        yield start
        while not server.stopped.is_set():
            yield piece

    return pieces


def dripping(server: HostileServer, start: bytes, piece: bytes = b" ") -> Answer:
    """An answer that goes on by a byte now and then."""

    def pieces() -> Iterable[bytes]:
        yield start
        yield from server.drip(piece)

    return pieces


BODIES = {
    "nothing": b"",
    "null": b"null",
    "array": b"[]",
    "array_of_objects": b'[{"id":"cs_1"}]',
    "number": b"5",
    "string": b'"x"',
    "boolean": b"true",
    "object": b"{}",
    "half_an_object": b'{"id":"cs_1"',
    "page": b"<html><body>Maintenance</body></html>",
    "not_utf8": b'{"id":"\xff\xfe"}',
    "utf16": '{"id":"cs_1"}'.encode("utf-16"),
    "deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep_array": b"[" * 100_000,
    "huge_number": b'{"id":' + b"9" * 5_000 + b"}",
    "wrong_types": b'{"id":7,"object":"list","data":{"id":"x"},"has_more":"yes"}',
    "list_of_numbers": b'{"object":"list","data":[1,2],"has_more":false}',
    "list_without_ids": b'{"object":"list","data":[{}],"has_more":false}',
    "endless_list": b'{"object":"list","data":[],"has_more":true}',
    "error_string": b'{"error":"maintenance"}',
    "error_null": b'{"error":null}',
    "error_array": b'{"error":[]}',
    "error_number": b'{"error":7}',
    "error_empty": b'{"error":{}}',
    "error_without_type": b'{"error":{"message":"upstream"}}',
    "error_of_wrong_types": b'{"error":{"type":7,"code":{},"param":[]}}',
}
STATUSES = ["200 OK", "302 Found", "400 Bad Request", "404 Not Found", "503 Service Unavailable"]


def is_silent(gateway: StripeGateway, call: str) -> None:
    """The call ends in "no answer", which is counted and reported."""
    with pytest.raises(ProviderUnavailable) as silence:
        CALLS[call](gateway, SESSION)
    assert silence.value.__cause__ is None
    assert gateway._breaker._failures == 1
    assert gateway.telemetry.count(Signal.PROVIDER_ERROR) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("body", BODIES)
def test_fault_43_and_126_an_answer_that_cannot_be_read_is_no_answer(
    server: HostileServer, body: str, call: str
) -> None:
    """Under any status, for any call: never an exception of the SDK's or of Python's."""
    for status in STATUSES:
        server.answer = http(BODIES[body], status)
        is_silent(a_gateway(server.url), call)


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b" " * (MAX_ANSWER + 1))


def exactly(*pieces: bytes) -> Callable[[HostileServer], Answer]:
    """These bytes."""
    return lambda _: lambda: pieces


def on_and_on(start: bytes, piece: bytes) -> Callable[[HostileServer], Answer]:
    """These bytes, and then the others as fast as they are taken."""
    return lambda server: endless(server, start, piece)


def slowly(start: bytes, piece: bytes) -> Callable[[HostileServer], Answer]:
    """These bytes, and then the others now and then."""
    return lambda server: dripping(server, start, piece)


BROKEN: dict[str, Callable[[HostileServer], Answer]] = {
    "closed": exactly(),
    "not_http": exactly(b"\x16\x03\x01 hello\r\n\r\n"),
    "status_in_words": exactly(b"HTTP/1.1 OK FINE\r\n\r\n{}"),
    "head_cut": exactly(b"HTTP/1.1 200 OK\r\nContent-"),
    "body_cut": exactly(HEAD + b"Content-Length: 500\r\n\r\n{}"),
    "length_in_words": exactly(HEAD + b"Content-Length: many\r\n\r\nnull"),
    "bad_chunk": exactly(CHUNKED + b"zz\r\n{}\r\n"),
    "bad_gzip": exactly(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnull"),
    "unpacks_to_too_much": exactly(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), BOMB),
    "long_header": exactly(HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n{}"),
    "many_headers": exactly(HEAD + b"X: y\r\n" * 200 + b"\r\n{}"),
    "redirect": exactly(b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/x\r\nContent-Length: 2\r\n\r\n{}"),
    "strange_redirect": exactly(b"HTTP/1.1 301 Moved\r\nLocation: http://[\xff\r\nContent-Length: 2\r\n\r\n{}"),
    "endless_body": on_and_on(HEAD + b"\r\n", b" " * 1_000_000),
    "endless_chunks": on_and_on(CHUNKED, b"8\r\n        \r\n" * 50_000),
    "endless_continues": on_and_on(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
    "dripping_status": slowly(b"HTTP/1.1 200 ", b"K"),
    "dripping_header": slowly(HEAD + b"X: ", b"y"),
    "dripping_continues": slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "dripping_body": slowly(HEAD + b"\r\n", b" "),
    "dripping_body_of_known_length": slowly(HEAD + b"Content-Length: 5000\r\n\r\n", b" "),
    "dripping_chunks": slowly(CHUNKED, b"1\r\n \r\n"),
    "dripping_length_of_a_chunk": slowly(CHUNKED, b"0"),
    "silence_in_the_middle": slowly(HEAD + b"Content-Length: 5000\r\n\r\n", b""),
}


@pytest.mark.parametrize("call", ["open", "refund", "payment_state", "movements"])
@pytest.mark.parametrize("name", BROKEN)
def test_fault_47_a_broken_endless_or_dripping_answer_ends_in_time(server: HostileServer, name: str, call: str) -> None:
    """Two attempts of a quarter of a second each are allowed here, whatever keeps coming, and 16 MB each."""
    server.answer = BROKEN[name](server)
    begun = time.monotonic()
    is_silent(a_gateway(server.url), call)
    assert time.monotonic() - begun < 3


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
    assert evolve(a_gateway(server.url), timeout=(1.0, 5.0)).completed_checkouts(since=NOW, at_most=1) == ()


def test_less_time_left_means_less_waiting(server: HostileServer) -> None:
    """A patient gateway waits no longer than the request that it works for."""
    server.answer = BROKEN["dripping_body"](server)
    patient = evolve(a_gateway(server.url), timeout=(30.0, 30.0))
    begun = time.monotonic()
    with deadline.within(deadline.RESERVE + deadline.SHORTEST_CALL + 0.1), pytest.raises(ProviderUnavailable):
        patient.look_up(SESSION)
    assert time.monotonic() - begun < deadline.SHORTEST_CALL + 1


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


WRONG = [None, 7, -1, 10**400, "a#b", [7], {"id": 7}]
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


def changed(value: Any) -> Iterator[Any]:
    """The value with one field changed: every field that the adapter names, nested ones too, every wrong value."""
    if isinstance(value, list) and value:
        yield from ([other, *value[1:]] for other in changed(value[0]))
    if not isinstance(value, dict):
        return
    for name in sorted(value.keys() & READ):
        others = {other: kept for other, kept in value.items() if other != name}
        yield others
        yield from (others | {name: wrong} for wrong in WRONG)
        if name in READ_INSIDE:
            yield from (others | {name: inner} for inner in changed(value[name]))


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
            rig.emulator.refund(intent, 100)
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
        for wrong in changed(answer):
            client.answers = deque([*answers[:number], (wrong, status), *answers[number + 1 :]])
            ends.add(_end_of(lambda: CALLS[call](gateway, session)))
    assert ends == {"", "ProviderUnavailable"}


def _end_of(ask: Callable[[], object]) -> str:
    try:
        ask()
    except DomainError as error:
        return type(error).__name__
    return ""
