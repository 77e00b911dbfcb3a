"""HTTP connections that are kept, over the standard library alone, in bounded time and memory.

An exchange as a whole is over after its connect and read timeouts together, earlier if less time is left to the request
that it belongs to: a response that arrives a byte at a time, or never ends, holds nobody for ever. urllib3 does the
same with more processor time at the start of a process than most requests take.
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from attrs import define, field, frozen

from adapters import deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

IDLE = 50.0
"""Seconds after which a silent connection is not used again: AWS ends it after a minute."""

MAX_ANSWER = 16_000_000
"""The longest body that is read, in bytes. DynamoDB's have at most as many, a page of Stripe's about one million."""

_MOST_KEPT = 10
_SHORTEST_WAIT = 0.001  # a timeout of 0 would mean not to wait at all


class Unanswered(Exception):
    """No response, not a whole one, or none in time; the request may have been received. The text is the kind of error.

    ``can_retry`` is False where the same would happen again: a certificate that nobody vouches for, a body too long.
    """

    def __init__(self, reason: str, *, can_retry: bool = True) -> None:
        super().__init__(reason)
        self.can_retry = can_retry


@frozen
class HttpAnswer:
    """Status, headers (by any case of their names) and body."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@cache
def tls_context() -> ssl.SSLContext:
    """The process's TLS context, which trusts what the system trusts. Creating one takes longer than most requests."""
    return ssl.create_default_context()


@define(eq=False)
class Connections:
    """Connections to one URL's host. Thread-safe. Timeouts are in seconds; ``context`` gives the TLS context."""

    url: str
    connect_timeout: float
    read_timeout: float
    context: Callable[[], ssl.SSLContext] = tls_context
    host: str = field(init=False)
    _address: tuple[str, str, int | None] = field(init=False)
    _idle: list[tuple[http.client.HTTPConnection, float]] = field(factory=list, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        parts = urlsplit(self.url)
        self.host = parts.netloc
        self._address = (parts.scheme, parts.hostname or "", parts.port)
        # Whoever forgets to close them, as the Stripe SDK does, leaves no open sockets behind.
        weakref.finalize(self, _close_all, self._idle).atexit = False

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | str | None = None
    ) -> HttpAnswer:
        """Send one request and return the response. Redirects are not followed, and nothing is sent twice.

        Raises:
            Unanswered: there was no response, or not a whole one, or too long a one.
        """
        try:
            with deadline.within(self.connect_timeout + self.read_timeout):
                return self._send(self._take() or self._connect(), method, target, headers, body)
        except (OSError, http.client.HTTPException) as error:
            # Only the kind of the error: its words may quote the address with its parameters.
            raise Unanswered(
                type(error).__name__, can_retry=not isinstance(error, ssl.SSLError | _TooLongError)
            ) from None

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            _close_all(self._idle)

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | str | None,
    ) -> HttpAnswer:
        try:
            connection.sock.settimeout(_wait(self.read_timeout))
            connection.request(method, target, body, dict(headers))
            with closing(connection.getresponse()) as answer:
                content = _content(answer)
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._keep(connection)
        return HttpAnswer(answer.status, answer.headers, content)

    def _connect(self) -> http.client.HTTPConnection:
        scheme, name, port = self._address
        made: BoundedConnection
        if scheme == "https":
            made = _BoundedTLS(name, port, timeout=self.connect_timeout, context=self.context())
        else:
            made = BoundedConnection(name, port, timeout=self.connect_timeout)
        try:
            made.connect()
        except BaseException:
            made.close()
            raise
        return made

    def _take(self) -> http.client.HTTPConnection | None:
        """The connection that was used last, if it is still good."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            # By the wall clock: the others may stand still while Lambda has the function frozen.
            if 0 <= time.time() - since < IDLE and not _is_readable(connection.sock):
                return connection
            connection.close()

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < _MOST_KEPT:
                self._idle.append((connection, time.time()))
                return
        connection.close()


def _close_all(idle: list[tuple[http.client.HTTPConnection, float]]) -> None:
    while idle:
        idle.pop()[0].close()


class _TooLongError(http.client.HTTPException):
    """The body is longer than any that we ask for."""


def _content(answer: http.client.HTTPResponse) -> bytes:
    content = answer.read(MAX_ANSWER + 1)
    if len(content) > MAX_ANSWER:
        raise _TooLongError
    if answer.length:  # what is still missing: http.client reports it only when everything is read
        raise http.client.IncompleteRead(b"")
    return content


def _wait(patience: float) -> float:
    return max(min(patience, deadline.remaining()), _SHORTEST_WAIT)


def _is_readable(sock: socket.socket) -> bool:
    """Between two requests, only the end of the connection can be waiting to be read."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


class _BoundedReader(io.RawIOBase):
    """What comes from a socket, until the deadline."""

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


class BoundedConnection(http.client.HTTPConnection):
    """A connection that is made and read from until the deadline; each address of the host is tried until then."""

    response_class = _Response

    def addresses(self) -> list[str]:
        """The host's addresses. Looking them up is the one wait that cannot be bounded from here."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return [str(address[0]) for *_, address in found]

    def connect(self) -> None:
        """Connect to the first address that accepts."""
        *others, last = self.addresses()
        for address in others:
            try:
                self._connect_to(address)
            except OSError:
                continue
            return
        self._connect_to(last)

    def _connect_to(self, address: str) -> None:
        if deadline.remaining() <= 0:
            raise TimeoutError
        self.sock = socket.create_connection((address, self.port), _wait(self.timeout or deadline.remaining()))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _BoundedTLS(BoundedConnection):
    default_port = http.client.HTTPS_PORT

    def __init__(self, host: str, port: int | None, *, timeout: float, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=timeout)
        self._tls = context

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(_wait(self.timeout or deadline.remaining()))
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)
