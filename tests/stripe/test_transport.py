"""The SDK's requests go over kept connections, and what does not come back is an error of the SDK's own."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import stripe

from adapters.stripe.transport import KeptConnections
from scripts.stack.http_server import HttpRequest, HttpResponse, HttpServer

SOON = (2.0, 0.05)


@pytest.fixture
def asked() -> list[HttpRequest]:
    """The requests that arrived."""
    return []


@pytest.fixture
def server(asked: list[HttpRequest]) -> Iterator[HttpServer]:
    """Something that says yes to everything."""

    def answer(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        return HttpResponse(status=200, headers=(("Request-Id", "req_1"),), body='{"name": "Zoë"}'.encode())

    with HttpServer(answer, largest_body=1000) as running:
        yield running


def test_a_request_and_its_answer_come_through_whole(server: HttpServer, asked: list[HttpRequest]) -> None:
    """Path and query, headers, body; status, text, and headers by any case of their names."""
    with closing(KeptConnections((5, 5))) as transport:
        text, status, headers = transport.request("post", f"{server.url}/v1/x?a=b", {"Idempotency-Key": "k"}, "c=d")
    assert (text, status, headers["request-id"], "REQUEST-ID" in headers) == ('{"name": "Zoë"}', 200, "req_1", True)
    [request] = asked
    assert (request.method, request.target, request.body) == ("POST", "/v1/x?a=b", b"c=d")
    assert dict(request.headers)["Idempotency-Key"] == "k"


def test_nobody_listening_is_an_error_that_may_be_repeated() -> None:
    """As with the SDK's own client: the SDK decides how often."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(stripe.APIConnectionError) as failed:
            KeptConnections(SOON).request("get", f"http://127.0.0.1:{taken.getsockname()[1]}/v1", None)
    assert failed.value.should_retry


def test_silence_is_an_error_that_may_be_repeated() -> None:
    """Somebody accepts and does not answer in time."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(stripe.APIConnectionError, match="Timeout") as failed,
    ):
        KeptConnections(SOON).request("get", f"http://127.0.0.1:{silent.getsockname()[1]}/v1", None)
    assert failed.value.should_retry


def test_what_is_no_http_is_an_error() -> None:
    """Nonsense instead of an answer."""

    def nonsense(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"220 mail.example ESMTP\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=nonsense, args=(server,), daemon=True).start()
        with pytest.raises(stripe.APIConnectionError):
            KeptConnections((5, 5)).request("get", f"http://127.0.0.1:{server.getsockname()[1]}/v1", None)


def test_the_sdk_works_where_requests_is_not_installed() -> None:
    """It is not deployed: importing the SDK and building a client with this transport needs none of its family."""
    code = (
        "import sys\n"
        "for name in ('requests', 'urllib3', 'certifi', 'idna', 'charset_normalizer'): sys.modules[name] = None\n"
        "import stripe\n"
        "from adapters.stripe.api import sdk_transport\n"
        "client = stripe.StripeClient('sk_test_x', http_client=sdk_transport((1, 1)))\n"
        "assert client.v1.checkout.sessions"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
