"""Whatever answers in PayPal's place, every call ends in time, and in an error that the school knows."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field

from adapters.connections import HttpAnswer
from adapters.memory.clock import MemoryClock
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.paypal import payment_gateway
from adapters.paypal.api import Connect
from adapters.paypal.payment_gateway import PayPalGateway
from adapters.paypal.records import MOST_PAGES
from domain.errors import ProviderRejected, ProviderUnavailable
from domain.payments.session import PaymentSession
from domain.ports.secret_store import ProviderSecrets
from scripts.paypal_emulator import PayPalEmulator
from scripts.paypal_emulator.http_server import Answer as EmulatorAnswer
from tests.support.factories import NOW, a_session, a_student
from tests.support.hostile_answers import BODIES, BROKEN, CALLS, STATUSES, changed, end_of, http, require_silence, some
from tests.support.hostile_server import Answer, HostileServer
from tests.support.payment_providers.paypal import PayPalProvider, known_certificates

SESSION = a_session(provider="paypal", provider_session_id="ORDER1", provider_payment_id="CAPTURE1")
TOKEN = b'{"access_token":"A21AA","token_type":"Bearer","expires_in":32400}'
ASKING = sorted(CALLS.keys() - {"find", "receipt_url", "delete_customer"})
"""PayPal cannot search, shows no receipts and keeps no customers: it is asked nothing there."""


def a_gateway(url: str | None, connect: Connect | None = None) -> PayPalGateway:
    """A gateway that talks to this address, and has little patience."""
    clock = MemoryClock(NOW)
    keys = ProviderSecrets(secret_key="secret", publishable_key="client", webhook_secrets=("WH-1",))
    return PayPalGateway(
        secrets=MemorySecretStore(clock, {"paypal": keys}),
        clock=clock,
        telemetry=MemoryTelemetry(),
        stage="test",
        api_base=url or "http://127.0.0.1:9",
        timeout=(0.1, 0.15),
        connect=connect,
    )


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    """A server for every test of this module."""
    with HostileServer() as running:
        yield running


def after_a_token(answer: Answer) -> Answer:
    """A token first, then this, whatever is asked."""
    token = [http(TOKEN)]

    def pieces() -> Iterable[bytes]:
        return token.pop()() if token else answer()

    return pieces


@pytest.mark.parametrize("call", ASKING)
@pytest.mark.parametrize("body", BODIES)
def test_an_answer_that_cannot_be_read_is_no_answer(server: HostileServer, body: str, call: str) -> None:
    """Under any status, for any call; above all, a proxy's 404 is no order that PayPal has forgotten."""
    for status in some(STATUSES, about=f"{body} {call}"):
        server.answer = after_a_token(http(BODIES[body], status))
        require_silence(a_gateway(server.url), call, SESSION)


@pytest.mark.parametrize("call", ["open", "refund", "payment_state", "movements"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_endless_or_dripping_answer_ends(server: HostileServer, name: str, call: str) -> None:
    """A quarter of a second is allowed here, whatever keeps coming."""
    server.answer = after_a_token(BROKEN[name](server))
    begun = time.monotonic()
    require_silence(a_gateway(server.url), call, SESSION)
    assert time.monotonic() - begun < 30


TOKENS = {
    "null": b"null",
    "array": b"[]",
    "object": b"{}",
    "number": b'{"access_token":7,"expires_in":32400}',
    "empty": b'{"access_token":"","expires_in":32400}',
    "another_header": b'{"access_token":"A\\r\\nX: y","expires_in":32400}',
    "not_ascii": '{"access_token":"ü","expires_in":32400}'.encode(),
    "no_life": b'{"access_token":"A"}',
    "life_in_words": b'{"access_token":"A","expires_in":"long"}',
    "life_that_is_over": b'{"access_token":"A","expires_in":-1}',
    "too_long": b'{"access_token":"' + b"A" * 5_000 + b'","expires_in":32400}',
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_is_none_is_no_answer(server: HostileServer, name: str) -> None:
    """It would become a header."""
    server.answer = http(TOKENS[name])
    require_silence(a_gateway(server.url), "look_up", SESSION)


def test_a_token_that_lasts_for_ever_does_not() -> None:
    """A day at most."""
    endless = TOKEN.replace(b"32400", b"9" * 400)
    replay = Replay(deque([(endless, 200)]), (b"{}", 200))
    with pytest.raises(ProviderUnavailable):
        a_gateway(None, lambda *_: replay).look_up(SESSION)
    assert len(replay.asked) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 422])
@pytest.mark.parametrize("call", ASKING)
def test_a_refusal_of_paypals_is_one(call: str, status: int) -> None:
    """It names itself; where PayPal does not know the payment of a report, nobody's it is."""
    refusal = json.dumps({"name": "SOMETHING_NEW", "details": []}).encode()
    gateway = a_gateway(None, lambda *_: Replay(deque([(TOKEN, 200)]), (refusal, status)))
    try:
        CALLS[call](gateway, SESSION)
    except ProviderRejected:
        return
    assert (call, status) in {
        ("payment_named_by", 404),
        ("find_session_of", 404),
        ("movements", 403),
        ("recent_reversals", 403),
    }


@define
class Replay:
    """Answers one after the other; once they are over, always with the last."""

    answers: deque[tuple[bytes, int]]
    last: tuple[bytes, int]
    asked: list[str] = field(factory=list)

    def exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> HttpAnswer:
        """The next answer."""
        self.asked.append(f"{method} {target}")
        content, status = self.answers.popleft() if self.answers else self.last
        return HttpAnswer(status, HTTPMessage(), content)


ENDLESS = {
    "undelivered": {"events": [], "links": [{"rel": "next", "href": "/v1/notifications/webhooks-events?start=1"}]},
    "recent_reversals": {
        "transaction_details": [],
        "total_pages": 1,
        "items": [],
        "links": [{"rel": "next", "href": "/v1/customer/disputes?next_page_token=1"}],
    },
    "movements": {"transaction_details": [], "total_pages": 10**9},
    "rebuildable": {"transaction_details": [], "total_pages": 10**9},
}


@pytest.mark.parametrize("call", ENDLESS)
def test_a_list_without_an_end_is_given_up(call: str) -> None:
    """After as many pages as any list of PayPal's can have."""
    replay = Replay(deque([(TOKEN, 200)]), (json.dumps(ENDLESS[call]).encode(), 200))
    with pytest.raises(ProviderUnavailable):
        CALLS[call](a_gateway(None, lambda *_: replay), SESSION)
    assert MOST_PAGES <= len(replay.asked) <= MOST_PAGES + 5


@pytest.mark.parametrize(
    "address", ["http://[", "//evil.example/v1/notifications/webhooks-events?start=1", "\x00", "?"]
)
def test_the_next_page_is_nobody_elses(address: str) -> None:
    """A link never leads away from PayPal, nor into a crash."""
    page = {"events": [], "links": [{"rel": "next", "href": address}]}
    last: dict[str, list[object]] = {"events": [], "links": []}
    replay = Replay(deque([(TOKEN, 200), (json.dumps(page).encode(), 200)]), (json.dumps(last).encode(), 200))
    try:
        CALLS["undelivered"](a_gateway(None, lambda *_: replay), SESSION)
    except ProviderUnavailable:
        assert address == "http://["
    assert all(one.partition(" ")[2].startswith(("/v1/notifications/", "/v1/oauth2/")) for one in replay.asked)


# -- answers that are almost right -------------------------------------------------------------------------------------

ADAPTER = Path(payment_gateway.__file__).parent
READ = {word for file in ADAPTER.glob("*.py") for word in re.findall(r'"(\w+)"', file.read_text("utf-8"))}
INSIDE = {
    "amount",
    "captures",
    "disputed_transactions",
    "events",
    "items",
    "links",
    "money_movements",
    "payer",
    "payments",
    "purchase_units",
    "refunds",
    "related_ids",
    "resource",
    "supplementary_data",
    "transaction_amount",
    "transaction_details",
    "transaction_info",
}


class Recording(PayPalEmulator):
    """Keeps its answers."""

    answers: list[EmulatorAnswer]

    def answer(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> EmulatorAnswer | None:
        """As the emulator."""
        given = super().answer(method, target, headers, raw)
        if given is not None and not target.startswith("/v1/oauth2"):
            self.answers.append(given)
        return given


def recorded(call: str) -> tuple[PaymentSession, list[tuple[Any, int]]]:
    """What the emulator answers to this call about a paid session with a refund and a dispute."""
    with Recording(starts=NOW, certificates=known_certificates()) as emulator:
        emulator.answers = []
        provider = PayPalProvider(emulator)
        session = evolve(SESSION, provider_session_id=None, provider_payment_id=None)
        if not call.startswith("open"):
            session = evolve(
                session, provider_session_id=provider.gateway.open_checkout(session, a_student()).provider_session_id
            )
        if not call.startswith(("open", "close", "capture")):
            provider.pay(session)
            capture = provider.account.orders[session.provider_session_id or ""].captures[0]["id"]
            session = evolve(session, provider_payment_id=capture)
            provider.refund_elsewhere(session, 100)
            if call != "refund":
                provider.dispute(session, 100)
        if call == "capture":
            provider.approve(session)
        emulator.answers.clear()
        CALLS[call](provider.gateway, session)
        return session, [(answer.body, answer.status) for answer in emulator.answers]


@pytest.mark.parametrize("call", ASKING)
def test_a_field_of_the_wrong_type_is_never_a_crash(call: str) -> None:
    """Each field of each answer, wrong in every way: the call succeeds without it, or ends in an error by name."""
    session, answers = recorded(call)
    whole = [(json.dumps(body).encode(), status) for body, status in answers]
    ends: set[str] = set()
    for number, (answer, status) in enumerate(answers):
        for wrong in some(changed(answer, READ, INSIDE), about=f"{call} {number}", at_least=100):
            given = [*whole[:number], (json.dumps(wrong).encode(), status), *whole[number + 1 :]]
            replay = Replay(deque([(TOKEN, 200), *given]), whole[-1])
            ends.add(end_of(lambda: CALLS[call](a_gateway(None, lambda *_: replay), session)))  # noqa: B023
    assert ends <= {"", "ProviderUnavailable", "ProviderRejected"}
    assert "ProviderUnavailable" in ends
