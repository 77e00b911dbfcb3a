"""The SDK's way to Stripe over the network, by urllib3, in bounded time and memory.

The SDK's own clients bound only the wait for each piece of an answer: one that arrives a byte at a time, or never ends,
holds a request for ever. Here an attempt as a whole is over after its connect and read timeouts together, earlier if
less time is left to the request that it belongs to.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

import stripe
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from adapters import deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Timeout = tuple[float, float]
"""Seconds to connect, and seconds to wait for the response."""

Attempted = tuple[bytes, int, Mapping[str, str]]
"""The body of an answer, its status and its headers."""

MAX_ANSWER = 16_000_000
"""The longest answer that is read, in bytes, once it is unpacked. A page of a hundred objects has about one million."""

_PIECE = 65_536
_SHORTEST_WAIT = 0.001  # a timeout of 0 would mean not to wait at all
_RETRY_PAUSE = 1.0  # more than the SDK waits before its first retry


class BoundedClient(stripe.HTTPClient):
    """An HTTP client for the SDK. Thread-safe; connections are kept and reused. Redirects are not followed."""

    name = "urllib3"

    def __init__(self, timeout: Timeout) -> None:
        super().__init__()
        self.timeout = timeout
        self._pool = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=stripe.ca_bundle_path)
        self._pool.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def request(  # type: ignore[override]  # the SDK's own subclass differs from its base in the same way
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: str | None = None
    ) -> Attempted:
        """One attempt.

        Raises:
            stripe.APIConnectionError: no answer, not a whole one, or none in time.
        """
        connect, read = self.timeout
        try:
            with deadline.within(deadline.for_a_call(connect + read)) as limit:
                return self._exchange(method, url, headers, post_data, limit)
        except (HTTPError, OSError, deadline.OutOfTimeError) as error:
            # Only the kind of the error: its words may quote the address with its parameters.
            can_retry = isinstance(error, HTTPError) and not isinstance(error, SSLError | _TooLongError)
            raise stripe.APIConnectionError(type(error).__name__, should_retry=can_retry) from None  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: str | None, limit: deadline.Deadline
    ) -> Attempted:
        connect, read = (min(seconds, limit.remaining()) for seconds in self.timeout)
        response = self._pool.request(
            method.upper(),
            url,
            headers=headers,
            body=body,
            timeout=urllib3.Timeout(connect, read),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            return _content(response), response.status, response.headers
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()

    def _should_retry(
        self,
        response: tuple[object, int, Mapping[str, str] | None] | None,
        api_connection_error: stripe.APIConnectionError | None,
        num_retries: int,
        max_network_retries: int | None,
    ) -> bool:
        """As the SDK decides, if there is time for another attempt."""
        wants = super()._should_retry(response, api_connection_error, num_retries, max_network_retries)
        needed = deadline.RESERVE + deadline.SHORTEST_CALL + _RETRY_PAUSE
        return bool(wants) and deadline.remaining() > needed


class _TooLongError(HTTPError):
    """The answer is longer than any that we ask for."""


def _content(response: urllib3.BaseHTTPResponse) -> bytes:
    content = bytearray()
    for piece in response.stream(_PIECE, decode_content=True):
        content += piece
        if len(content) > MAX_ANSWER:
            raise _TooLongError
    return bytes(content)


class _BoundedReader(io.RawIOBase):
    """What comes from a socket, until the deadline of the attempt."""

    def __init__(self, connected: socket.socket, raw: io.RawIOBase) -> None:
        self._socket = connected
        self._raw = raw
        self._patience = connected.gettimeout()

    def readable(self) -> bool:
        """It is read from."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Wait for a piece, no longer than is left."""
        left = deadline.remaining()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left if self._patience is None else min(left, self._patience))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close this end of the socket."""
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp: io.BufferedReader = io.BufferedReader(_BoundedReader(sock, self.fp.detach()))


class BoundedConnection(HTTPConnection):
    """A connection that is made and read from until the deadline; each address of the host is tried until then."""

    response_class = _Response

    def addresses(self) -> list[str]:
        """The host's addresses. Looking them up is the one wait that cannot be bounded from here."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return [str(address[0]) for *_, address in found]

    def _new_conn(self) -> socket.socket:
        named, patience = self.host, self.timeout
        try:
            *others, last = self.addresses()
            for address in others:
                try:
                    return self._connected(address, patience)
                except (ConnectTimeoutError, NewConnectionError):
                    continue
            return self._connected(last, patience)
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from None
        finally:
            self.host, self.timeout = named, patience

    def _connected(self, address: str, patience: float | None) -> socket.socket:
        left = deadline.remaining()
        if left <= 0:
            raise ConnectTimeoutError(self, "out of time")
        self.host = address
        self.timeout = left if patience is None else min(left, patience)
        connected = super()._new_conn()
        # For the TLS handshake, which comes next.
        connected.settimeout(max(min(self.timeout, deadline.remaining()), _SHORTEST_WAIT))
        return connected


class _BoundedTLS(HTTPSConnection, BoundedConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = BoundedConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTLS
