"""The control API: JSON under /emulator."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from typing import Any

import pytest
import requests

from scripts.stripe_emulator import StripeEmulator

GOOD = "4242424242424242"


def test_it_says_that_it_runs(shop: Any) -> None:
    """Health is public and cheap."""
    answer = shop.call("GET", "/emulator/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_session_is_paid_by_script(shop: Any) -> None:
    """One POST with a card, one more with the answer to the challenge."""
    session = shop.open()
    path = f"/emulator/sessions/{session.id}/pay"
    declined = shop.call("POST", path, {"card": "4000000000009995"}).json()
    assert (declined["outcome"], declined["decline_code"], declined["status"]) == (
        "declined",
        "insufficient_funds",
        "open",
    )
    assert shop.call("POST", path, {"card": "4000002760003184"}).json()["outcome"] == "requires_action"
    paid = shop.call("POST", path, {"challenge": "complete"})
    assert (paid.status_code, paid.json()) == (
        200,
        {"status": "complete", "payment_status": "paid", "outcome": "succeeded"},
    )
    (listed,) = shop.call("GET", "/emulator/sessions").json()
    assert (listed["id"], listed["payment_status"]) == (session.id, "paid")


def test_fields_of_a_session_can_be_falsified(shop: Any) -> None:
    """What is tampered with before paying is what the events carry."""
    session = shop.open()
    wrong = {
        "amount_total": 1,
        "currency": "eur",
        "livemode": True,
        "metadata": {},
        "payment_intent_metadata": {"x": "y"},
    }
    path = f"/emulator/sessions/{session.id}/tamper"
    assert shop.call("POST", path, {**wrong, "account": "acct_x", "api_version": "2020-08-27"}).status_code == 200
    shop.emulator.pay(session.id, GOOD)
    events = {event["type"]: event for event in shop.events()}
    completed = events["checkout.session.completed"]
    emitted = completed["data"]["object"]
    assert (emitted["amount_total"], emitted["currency"], emitted["livemode"], emitted["metadata"]) == (
        1,
        "eur",
        True,
        {},
    )
    assert (completed["livemode"], completed["account"], completed["api_version"]) == (True, "acct_x", "2020-08-27")
    intent = events["payment_intent.succeeded"]["data"]["object"]
    assert (intent["amount"], intent["metadata"]) == (1, {"x": "y"})
    assert shop.call("POST", path, {"id": "cs_other"}).status_code == 400


def test_the_clock_moves_by_script(shop: Any) -> None:
    """Ahead by seconds, and back to the present."""
    before = shop.call("GET", "/emulator/clock").json()["now"]
    session = shop.open()
    assert shop.call("POST", "/emulator/clock", {"advance": 86401}).json()["now"] >= before + 86401
    assert shop.read(session.id).status == "expired"
    assert shop.call("POST", "/emulator/clock", {"reset": True}).json()["now"] < before + 60
    assert shop.open().status == "open"
    assert shop.call("POST", "/emulator/clock", {"advance": -1}).status_code == 400


def test_one_session_can_run_out_of_time_alone(shop: Any) -> None:
    """Expiring by script leaves clock and other sessions alone."""
    one, other = shop.open(), shop.open()
    assert shop.call("POST", f"/emulator/sessions/{one.id}/expire").json()["status"] == "expired"
    assert (shop.read(one.id).status, shop.read(other.id).status) == ("expired", "open")
    assert shop.call("POST", f"/emulator/sessions/{one.id}/expire").status_code == 409
    assert shop.kinds() == ["checkout.session.expired"]


def test_calls_are_counted(shop: Any) -> None:
    """The log has method, path, key and status of each API call, and can be emptied."""
    shop.open(key="k")
    shop.client.v1.coupons.list()
    log = shop.call("GET", "/emulator/requests").json()
    assert [(seen["method"], seen["path"], seen["idempotency_key"], seen["status"]) for seen in log] == [
        ("POST", "/v1/checkout/sessions", "k", 200),
        ("GET", "/v1/coupons", None, 200),
    ]
    shop.call("DELETE", "/emulator/requests")
    assert shop.call("GET", "/emulator/requests").json() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/emulator/sessions/cs_nope/pay", {"card": GOOD}, 404),
        ("/emulator/sessions/cs_nope/tamper", {}, 404),
        ("/emulator/sessions/cs_nope/settle-delayed", {}, 404),
        ("/emulator/events/evt_nope/resend", {}, 404),
        ("/emulator/sessions/cs_nope/pay", {"card": 4242}, 400),
        ("/emulator/sessions/cs_nope/pay", {"challenge": "maybe"}, 400),
        ("/emulator/sessions/cs_nope/settle-delayed", {"outcome": "maybe"}, 400),
        ("/emulator/clock", [1], 400),
        ("/emulator/nothing", {}, 404),
    ],
)
def test_malformed_control_calls_are_refused(shop: Any, path: str, body: Any, status: int) -> None:
    """An error in words, never a traceback."""
    answer = shop.call("POST", path, body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_web_pages_of_other_origins_cannot_drive_it(shop: Any) -> None:
    """A page that the developer visits has no business here."""
    with requests.Session() as session:
        url = f"{shop.emulator.url}/emulator/clock"
        foreign = session.post(url, data="{}", headers={"Origin": "https://evil.example"}, timeout=30)
        own = session.post(url, data="{}", headers={"Origin": shop.emulator.url}, timeout=30)
    assert (foreign.status_code, own.status_code) == (403, 200)


def test_a_taken_port_raises_at_once() -> None:
    """The port is taken when the object is made, so that the error comes there."""
    with StripeEmulator() as first, pytest.raises(OSError, match="in use"):
        StripeEmulator(port=int(first.url.rsplit(":", 1)[1]))


def test_stopping_is_always_safe() -> None:
    """Before it was started, and a second time."""
    emulator = StripeEmulator()
    emulator.stop()
    emulator.stop()


def test_bodies_without_a_sane_length_are_refused(shop: Any) -> None:
    """Chunked and oversize bodies get 413 and the connection closes."""
    host, port = "127.0.0.1", int(shop.emulator.url.rsplit(":", 1)[1])
    for header in (b"Transfer-Encoding: chunked", b"Content-Length: 99999999", b"Content-Length: -1"):
        with socket.create_connection((host, port), timeout=30) as connection:
            connection.sendall(b"POST /v1/coupons HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
            with connection.makefile("rb") as answer:
                assert answer.read().startswith(b"HTTP/1.1 413")  # until the connection is closed


def test_connections_are_kept_open(shop: Any) -> None:
    """Two calls and a refusal go over one connection; HEAD gets no body."""
    address = shop.emulator.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.connect()
    first = connection.sock
    for method, path, status in (
        ("GET", "/emulator/health", 200),
        ("POST", "/emulator/nothing", 404),
        ("HEAD", "/endive/stripe.js", 200),
        ("GET", "/v1/coupons", 401),
    ):
        connection.request(method, path, body=b"{}" if method == "POST" else None)
        answer = connection.getresponse()
        body = answer.read()
        assert (answer.status, bool(body)) == (status, method != "HEAD")
    assert connection.sock is first
    connection.close()


def test_it_runs_alone() -> None:
    """`python -m scripts.stripe_emulator` serves on the port it was given until it is stopped."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "scripts.stripe_emulator", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == f"Stripe emulator on http://127.0.0.1:{port} (test mode, no real money)\n"
        assert process.stdout.readline().split() == ["secret", "key", "sk_test_local"]
        with requests.Session() as session:
            url = f"http://127.0.0.1:{port}/emulator/health"
            assert json.loads(session.get(url, timeout=30).text) == {"status": "ok"}
        again = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert again.returncode == 1
        assert "Cannot listen" in again.stderr
        process.terminate()
        assert process.wait(60) == 0
