"""The local stack's HTTP server: what it passes on, what it rejects, and how it stops."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from scripts.stack.http_server import HttpRequest, HttpResponse, HttpServer
from tests.support.waiting import until

TIMEOUT = 30  # seconds


@pytest.fixture
def requests() -> list[HttpRequest]:
    """The requests that reached the application."""
    return []


@pytest.fixture
def server(requests: list[HttpRequest]) -> Iterator[HttpServer]:
    """A server that answers every request with 200 and the body "hello"."""

    def answer(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return HttpResponse(status=200, headers=(("X-Twice", "1"), ("X-Twice", "2")), body=b"hello")

    with HttpServer(answer, largest_body=10) as running:
        yield running


def exchange(server: HttpServer, sent: bytes) -> bytes:
    """Everything that the server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_request_arrives_as_it_was_sent(server: HttpServer, requests: list[HttpRequest]) -> None:
    """The target is not decoded, repeated headers stay apart, and the body is complete."""
    head = b"POST /a%2Fb?x=%C3%A9 HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\nX_B: 3\r\nContent-Length: 3\r\n\r\n"
    response = exchange(server, head + b"\xff\x00x")
    [request] = requests
    assert (request.method, request.target, request.path) == ("POST", "/a%2Fb?x=%C3%A9", "/a%2Fb")
    assert [pair for pair in request.headers if pair[0].startswith("X")] == [("X-A", "1"), ("X-A", "2"), ("X_B", "3")]
    assert request.body == b"\xff\x00x"
    assert response.startswith(b"HTTP/1.1 200 OK\r\n")
    assert response.count(b"X-Twice: ") == 2
    assert response.endswith(b"\r\n\r\nhello")


@pytest.mark.parametrize(
    "line",
    [
        b"GET http://[bad/ HTTP/1.1",
        b"GET http://x/y HTTP/1.1",
        b"GET * HTTP/1.1",
        b"BREW /pot HTTP/1.1",
        b"GET /\xff HTTP/1.1",
    ],
)
def test_an_odd_request_line_is_answered(server: HttpServer, requests: list[HttpRequest], line: bytes) -> None:
    """Targets that are no path, unknown methods and other bytes reach the application, which answers them."""
    assert exchange(server, line + b"\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n")
    method, target = line.decode("latin-1").split()[:2]
    assert [(request.method, request.target) for request in requests] == [(method, target)]


def test_what_is_not_http_is_a_bad_request(server: HttpServer, requests: list[HttpRequest]) -> None:
    """A line that is no request line is answered with 400 and never reaches the application."""
    assert b"400" in exchange(server, b"\x16\x03\x01 nonsense nonsense nonsense\r\n\r\n")
    assert requests == []


def test_head_has_the_length_and_no_body(server: HttpServer) -> None:
    """HEAD is answered with the headers of GET alone."""
    response = exchange(server, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"Content-Length: 5\r\n" in response
    assert response.endswith(b"\r\n\r\n")


def test_a_body_above_the_limit_does_not_reach_the_application(server: HttpServer, requests: list[HttpRequest]) -> None:
    """Its announced length is enough for the 413, and a client that has sent it all the same can read the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    connection.request("POST", "/", body=b"x" * 1_000_000)
    assert connection.getresponse().status == 413
    connection.close()
    assert requests == []


def test_an_announced_body_is_asked_for_at_once(server: HttpServer) -> None:
    """A client that waits for 100 Continue gets it once, before it sends its body."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as client,
        client.makefile("rb") as received,
    ):
        client.sendall(head)
        assert received.readline() == b"HTTP/1.1 100 Continue\r\n"
        client.sendall(b"x")
        assert received.readline() == b"\r\n"
        assert received.readline() == b"HTTP/1.1 200 OK\r\n"


def test_stopping_closes_open_connections(requests: list[HttpRequest]) -> None:
    """A client that has connected and not asked yet is disconnected, and its request never answered."""
    with HttpServer(lambda _: HttpResponse(status=200), log=lambda _: None) as server:
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT)
        assert exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")  # so the server has accepted both
    with connection:
        assert connection.recv(1) == b""


def test_it_listens_on_this_machine_only(server: HttpServer) -> None:
    """The address is 127.0.0.1, and a second server cannot take the port."""
    assert server.url == f"http://127.0.0.1:{server.port}"
    with pytest.raises(OSError, match="in use"):
        HttpServer(lambda _: HttpResponse(status=200), server.port).start()


def test_an_application_error_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    """An exception of the application is a 500 for the client and a traceback in the log."""

    def broken(_request: HttpRequest) -> HttpResponse:
        raise RuntimeError("broken on purpose")

    with HttpServer(broken) as server:
        assert exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 500 ")
        until(lambda: "broken on purpose" in caplog.text)
