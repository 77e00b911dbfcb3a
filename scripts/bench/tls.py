"""The emulators behind TLS, as the real services are: what a function pays for contexts and handshakes counts too."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import certifi
from attrs import define, field
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"
_PIECE = 65_536


@define(eq=False)
class TlsFront:
    """Takes TLS connections, and hands on to a URL's host what comes in over them."""

    target: str
    context: ssl.SSLContext
    url: str = field(default="", init=False)

    async def open(self) -> None:
        """Begin to listen."""
        server = await asyncio.start_server(self._relay, HOST, 0, ssl=self.context)
        self.url = f"https://{HOST}:{server.sockets[0].getsockname()[1]}"

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(self.target)
        inner_reader, inner_writer = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, TimeoutError, ssl.SSLError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


@contextmanager
def fronts(directory: Path, *targets: str) -> Iterator[tuple[Path, list[str]]]:
    """A file of the authorities to trust, ours among as many as systems usually trust; and each target's URL."""
    own, bundle = directory / "own.pem", directory / "authorities.pem"
    key, certificate = _key_and_certificate()
    own.write_bytes(key + certificate)
    bundle.write_bytes(Path(certifi.where()).read_bytes() + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opened = [TlsFront(target, context) for target in targets]
    try:
        for front in opened:
            asyncio.run_coroutine_threadsafe(front.open(), loop).result(10)
        yield bundle, [front.url for front in opened]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def _key_and_certificate() -> tuple[bytes, bytes]:
    """A key and its certificate for this host, for a day."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, made.public_bytes(serialization.Encoding.PEM)
