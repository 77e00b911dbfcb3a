"""A request's whole time is bounded: however slow Stripe is, our answer comes before API Gateway gives up."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import stripe

from adapters import deadline
from adapters.connections import BoundedConnection, Unanswered
from adapters.deadline import RESERVE, SHORTEST_CALL
from adapters.memory.clock import MemoryClock
from adapters.memory.secret_store import MemorySecretStore
from adapters.memory.telemetry import MemoryTelemetry
from adapters.stripe import api
from adapters.stripe.payment_gateway import StripeGateway
from adapters.stripe.transport import Attempted, BoundedClient
from domain.errors import ProviderUnavailable
from domain.ports.payment_gateway import Checkout
from domain.ports.telemetry import Signal
from tests.support.factories import NOW, a_coupon, a_session, a_session_with, a_student
from tests.support.hostile_server import HostileServer
from tests.support.stripe.gateway_rig import SECRETS

LAMBDA = 29.0
OPEN = json.loads((Path(__file__).parents[1] / "payloads" / "stripe" / "checkout.session.open.json").read_text("utf-8"))


class SlowStripe(BoundedClient):
    """Each attempt takes as many seconds of a clock of its own as ``times`` says, or as many as it is given.

    An attempt that is given less is unanswered. Every answer is an open checkout.
    """

    def __init__(self, times: list[float]) -> None:
        super().__init__(api.TIMEOUT)
        self.times = times
        self.now = 0.0
        self.attempts: list[float] = []

    def _exchange(self, method: str, url: str, headers: Mapping[str, str] | None, body: str | None) -> Attempted:
        given = deadline.remaining()
        needed = self.times[len(self.attempts) % len(self.times)]
        self.attempts.append(given)
        self.now += min(needed, given)
        if needed > given:
            raise Unanswered("slow")
        return json.dumps(OPEN).encode(), 200, {}

    def _sleep_time_seconds(self, num_retries: int) -> float:
        self.now += super()._sleep_time_seconds(num_retries)
        return 0.0


def over(slow: SlowStripe) -> StripeGateway:
    """The gateway with the times of production, over a slow Stripe."""
    clock = MemoryClock(NOW)
    return StripeGateway(
        secrets=MemorySecretStore(clock, {"stripe": SECRETS}),
        clock=clock,
        telemetry=MemoryTelemetry(),
        transport=lambda _: slow,
    )


def within_a_request(slow: SlowStripe, ask: Callable[[], object], seconds: float = LAMBDA) -> None:
    """Ask within a request that has so much time, on the slow Stripe's clock."""
    with deadline.within(seconds, lambda: slow.now):
        ask()


def open_with_discount(gateway: StripeGateway) -> Checkout:
    """Two calls to Stripe: the discount, and the checkout."""
    return gateway.open_checkout(a_session_with(a_coupon()), a_student())


def test_without_a_deadline_it_would_take_too_long() -> None:
    """What was measured: each call unanswered once, then answered after seven seconds."""
    slow = SlowStripe([100.0, 7.0])
    with deadline.within(1_000, lambda: slow.now):
        assert open_with_discount(over(slow)).client_secret
    assert slow.now > LAMBDA


@pytest.mark.parametrize("times", [[100.0, 7.0], [7.0], [100.0], [10.9], [100.0, 0.1], [5.0, 5.0, 100.0]])
def test_fault_47_five_slow_calls_end_before_the_deadline(times: list[float]) -> None:
    """Whatever has not been begun in time is not begun; the rest of the time is for storing and answering."""
    slow = SlowStripe(times)
    gateway = over(slow)
    session = a_session(provider_session_id="cs_1")

    def five_calls() -> None:
        open_with_discount(gateway)
        gateway.look_up(session)
        gateway.close_checkout(session)
        gateway.look_up(session)

    with pytest.raises(ProviderUnavailable):
        within_a_request(slow, five_calls)
    assert slow.now <= LAMBDA - RESERVE


def test_a_fast_stripe_has_time_for_everything() -> None:
    """The bound stands in nobody's way."""
    slow = SlowStripe([1.0])
    within_a_request(slow, lambda: [open_with_discount(over(slow)) for _ in range(5)])
    assert len(slow.attempts) == 10


def test_an_attempt_gets_what_is_left_and_no_more_than_it_is_allowed() -> None:
    """First the times of production, then what the request still has."""
    slow = SlowStripe([8.0])
    with pytest.raises(ProviderUnavailable):
        within_a_request(slow, lambda: [open_with_discount(over(slow)) for _ in range(5)], 20.0)
    assert slow.attempts == [11.0, 10.0, 2.0]


def test_fault_47_nothing_is_begun_that_has_no_chance() -> None:
    """Too late is answered at once, asks Stripe nothing, and is no fault of Stripe's."""
    slow = SlowStripe([1.0])
    gateway = over(slow)
    for _ in range(9):
        with pytest.raises(ProviderUnavailable):
            within_a_request(slow, lambda: open_with_discount(gateway), RESERVE + SHORTEST_CALL - 0.1)
    assert slow.attempts == []
    gateway.require_ready()
    assert {(one.signal, one.reason) for one in gateway.telemetry.emitted} == {  # type: ignore[attr-defined]
        (Signal.PROVIDER_ERROR, "out_of_time")
    }


def test_the_times_of_production_leave_room_for_a_second_attempt() -> None:
    """Two attempts of connecting and waiting fit into a request, with the pause between them."""
    assert (1 + api.RETRIES) * sum(api.TIMEOUT) + RESERVE + 1 < LAMBDA


class SeveralAddresses(BoundedConnection):
    """A connection to a host that has these addresses."""

    known: tuple[str, ...] = ()

    def addresses(self) -> list[str]:
        """As many as a test wants."""
        return list(self.known)


@contextmanager
def deaf(*addresses: str) -> Iterator[int]:
    """Nobody takes connections at these addresses: they are neither made nor refused. The port."""
    with ExitStack() as open_sockets:
        port = 0
        for address in addresses:
            listening = open_sockets.enter_context(socket.create_server((address, port), backlog=0))
            port = listening.getsockname()[1]
            for _ in range(2):
                waiting = open_sockets.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex((address, port))
        yield port


def test_all_addresses_of_a_host_together_get_the_time_of_one() -> None:
    """Stripe has many; if none answers, connecting takes no longer than is left, and not as long for each."""
    addresses = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")
    with deaf(*addresses) as port:
        connection = SeveralAddresses("stripe.example", port, timeout=10.0)
        connection.known = addresses
        begun = time.monotonic()
        with deadline.within(0.5), pytest.raises(TimeoutError):
            connection.connect()
        assert 0.5 <= time.monotonic() - begun < 10.0
        assert connection.host == "stripe.example"


def test_the_next_address_is_tried_when_one_refuses() -> None:
    """As long as there is time."""
    with HostileServer() as server:
        server.answer = lambda: (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",)
        connection = SeveralAddresses("stripe.example", int(server.url.rpartition(":")[2]), timeout=30.0)
        connection.known = ("127.0.0.2", "127.0.0.1")
        with deadline.within(60.0):
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"{}"
        connection.close()


def test_a_host_that_is_not_found_is_no_answer() -> None:
    """As is one that refuses."""
    client = BoundedClient((0.2, 0.2))
    for url in ("http://no-such-host.invalid/", "http://127.0.0.1:9/"):
        with pytest.raises(stripe.APIConnectionError):
            client.request("get", url, {})
    client.close()
