"""The gateway's transport over TLS, as in production: certificates are checked, and a slow peer is given up."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import stripe
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.stripe.transport import BoundedClient

Serve = Callable[[socket.socket, threading.Event], None]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody but this test trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def serving(certificate: Path) -> Iterator[Callable[[Serve], str]]:
    """Starts a server that does this with each connection; its URL."""
    stopped = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def start(serve: Serve) -> str:
        def accept() -> None:
            while not stopped.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    serve(connection, stopped)

        threads.append(threading.Thread(target=accept, daemon=True))
        threads[0].start()
        return f"https://127.0.0.1:{listening.getsockname()[1]}"

    yield start
    stopped.set()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for thread in threads:
        thread.join(10)


def over_tls(certificate: Path, answer: Callable[[ssl.SSLSocket, threading.Event], None]) -> Serve:
    """A server that shakes hands and then answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(connection: socket.socket, stopped: threading.Event) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(65_536)
                answer(wrapped, stopped)
        except OSError:
            return

    return serve


def drips(connection: socket.socket, stopped: threading.Event) -> None:
    """A byte of an answer now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    while not stopped.wait(0.02):
        connection.sendall(b" ")


@pytest.fixture
def trusting(certificate: Path) -> Iterator[BoundedClient]:
    """A client that trusts the certificate; a quarter of a second for connecting and as much for waiting."""
    client = BoundedClient((0.25, 0.25), str(certificate))
    yield client
    client.close()


def test_an_answer_over_tls_is_read(
    serving: Callable[[Serve], str], certificate: Path, trusting: BoundedClient
) -> None:
    """The host is checked by its name, though it is connected to by address."""

    def answers(connection: ssl.SSLSocket, _: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    url = serving(over_tls(certificate, answers))
    assert trusting.request("get", f"{url}/v1/x", {})[:2] == (b"{}", 200)


def test_what_the_system_trusts_is_trusted(serving: Callable[[Serve], str], certificate: Path) -> None:
    """As by every other connection of a function, which creates one TLS context for all of them."""

    def answers(connection: ssl.SSLSocket, _: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    url = serving(over_tls(certificate, answers))
    ran = subprocess.run(
        [sys.executable, "-c", _ASK_AS_THE_SYSTEM_TRUSTS, url],
        env=os.environ | {"SSL_CERT_FILE": str(certificate)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.stdout, ran.returncode) == ("200 1\n", 0), ran.stderr


_ASK_AS_THE_SYSTEM_TRUSTS = """
import sys
from adapters.connections import tls_context
from adapters.stripe.transport import BoundedClient
_, status, _ = BoundedClient((10, 10)).request("get", sys.argv[1] + "/v1/x", {})
print(status, tls_context.cache_info().currsize)
"""


def test_a_certificate_that_nobody_vouches_for_is_refused_for_good(
    serving: Callable[[Serve], str], certificate: Path
) -> None:
    """The key is not sent to whoever holds it, not even a second time."""
    heard: list[bytes] = []
    url = serving(over_tls(certificate, lambda connection, _: heard.append(connection.recv(1))))
    client = BoundedClient((0.25, 0.25))
    with pytest.raises(stripe.APIConnectionError) as refused:
        client.request("get", f"{url}/v1/x", {"Authorization": "Bearer sk"})
    client.close()
    assert not refused.value.should_retry
    assert not heard


def test_a_dripping_answer_over_tls_ends_in_time(
    serving: Callable[[Serve], str], certificate: Path, trusting: BoundedClient
) -> None:
    """As without TLS."""
    url = serving(over_tls(certificate, drips))
    begun = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        trusting.request("get", f"{url}/v1/x", {})
    assert time.monotonic() - begun < 30


def test_a_handshake_that_never_ends_ends_in_time(serving: Callable[[Serve], str], trusting: BoundedClient) -> None:
    """Whoever takes the connection and says no word is given up."""

    def silent(_: socket.socket, stopped: threading.Event) -> None:
        stopped.wait(60)

    url = serving(silent)
    begun = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        trusting.request("get", f"{url}/v1/x", {})
    assert time.monotonic() - begun < 30
