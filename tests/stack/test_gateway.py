"""The local API treats requests as API Gateway does, and its own errors have the product's error envelope."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from scripts.stack.gateway import LARGEST_BODY, Gateway
from scripts.stack.http_server import HttpRequest, HttpResponse, HttpServer
from tests.support.stack import small_app


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    """A gateway that takes "Bearer sam" for a token of Sam's."""
    return Gateway(small_app.build(), lambda header: {"sub": "sam", "n": 1} if header == "Bearer sam" else None)


@pytest.fixture(scope="module")
def server(gateway: Gateway) -> Iterator[HttpServer]:
    """The gateway behind HTTP."""
    with HttpServer(gateway, largest_body=LARGEST_BODY, too_large=gateway.too_large) as running:
        yield running


def get(gateway: Gateway, target: str, method: str = "GET", body: bytes = b"", **headers: str) -> HttpResponse:
    """One request; header names have underscores for dashes."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return gateway(HttpRequest(method=method, target=target, headers=pairs, body=body))


def read(response: HttpResponse) -> Any:
    """The JSON body."""
    return json.loads(response.body)


def test_path_parameters_arrive_as_they_were_sent(gateway: Gateway) -> None:
    """The gateway does not decode a path parameter, and repeated query values are all there."""
    body = read(get(gateway, "/api/echo/a%2Fb%20c?x=1&x=%C3%A9&empty="))
    assert body["name"] == "a%2Fb%20c"
    assert body["event"]["multiValueQueryStringParameters"] == {"x": ["1", "é"], "empty": [""]}


def test_a_fixed_path_wins_over_a_variable_one(gateway: Gateway) -> None:
    """As at API Gateway, the most specific route answers."""
    assert read(get(gateway, "/api/echo/fixed")) == {"name": "the fixed route"}


@pytest.mark.parametrize("body", [b'{"a": "\xc3\xa9"}', b"\xff\xfe\x00not text", b""])
def test_a_body_reaches_the_app_byte_for_byte(gateway: Gateway, body: bytes) -> None:
    """Text or not, what the app reads is what was sent."""
    assert read(get(gateway, "/api/webhook", "POST", body)) == {"hex": body.hex()}


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("DELETE", "/api/echo/x"), ("GET", "/api/webhook")])
def test_an_unknown_route_is_forbidden(gateway: Gateway, method: str, path: str) -> None:
    """An unknown path or method never reaches the app; the answer is 403 in the product's envelope."""
    answer = get(gateway, path, method)
    assert answer.status == 403
    assert set(read(answer)) == {"error", "code", "requestId"}


def test_an_authorized_route_needs_a_token(gateway: Gateway) -> None:
    """Without a token, or with an invalid one, the answer is 401 and readable by the web app."""
    for token in ("", "Bearer mallory"):
        answer = get(gateway, "/api/me", Authorization=token)
        assert answer.status == 401
        assert read(answer)["code"] == "unauthorized"
        assert ("Access-Control-Allow-Origin", small_app.ORIGIN) in answer.headers
    assert read(get(gateway, "/api/me", Authorization="Bearer sam")) == {"sub": "sam", "n": "1"}


def test_a_preflight_names_the_one_origin(gateway: Gateway) -> None:
    """OPTIONS is answered for routes with CORS, and for no others."""
    answer = get(gateway, "/api/me", "OPTIONS", Origin=small_app.ORIGIN)
    assert answer.status == 200
    assert dict(answer.headers)["Access-Control-Allow-Methods"] == "GET,OPTIONS"
    assert dict(answer.headers)["Access-Control-Allow-Origin"] == small_app.ORIGIN
    assert get(gateway, "/api/webhook", "OPTIONS").status == 403


def test_a_lambda_that_breaks_is_a_bad_gateway(gateway: Gateway) -> None:
    """An exception of the app, here for a body that is not JSON, is a 502 with the error envelope and CORS."""
    answer = get(gateway, "/api/broken")
    assert answer.status == 502
    assert read(answer)["code"] == "internal_error"
    assert ("Access-Control-Allow-Origin", small_app.ORIGIN) in answer.headers


def test_concurrent_requests_do_not_mix(gateway: Gateway) -> None:
    """Eight threads with two hundred requests each see their own request only."""

    def ask(number: int) -> bool:
        names = [f"{number}-{turn}" for turn in range(200)]
        return all(read(get(gateway, f"/api/echo/{name}"))["event"]["pathParameters"]["name"] == name for name in names)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


def test_a_body_over_ten_megabytes_is_not_read(server: HttpServer) -> None:
    """The announced size is enough for a 413 with the error envelope."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", "/api/webhook")
    connection.putheader("Content-Length", str(LARGEST_BODY + 1))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["code"] == "request_too_large"
    connection.close()


@pytest.mark.parametrize(
    ("header", "status"), [(("Transfer-Encoding", "chunked"), 411), (("Content-Length", "-1"), 400)]
)
def test_a_body_of_unknown_length_is_rejected(server: HttpServer, header: tuple[str, str], status: int) -> None:
    """The body is not read, and the connection is closed."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", "/api/webhook")
    connection.putheader(*header)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == status
    assert answer.headers["Connection"] == "close"
    connection.close()


def test_a_request_is_logged_without_its_query(gateway: Gateway) -> None:
    """One line per request: method, path, status, time; queries and bodies may hold personal data."""
    lines: list[str] = []
    with HttpServer(gateway, largest_body=LARGEST_BODY, log=lines.append) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for _ in range(2):
            connection.request("GET", "/api/echo/x?secret=1")
            assert connection.getresponse().read()
        connection.close()
    assert [line.rsplit(" ", 2)[0] for line in lines] == ["GET /api/echo/x 200"] * 2
