"""Kept HTTP connections, over the standard library alone; one TLS context for all clients of the process."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

from attrs import define, field, frozen

IDLE = 50.0
"""Seconds after which a silent connection is not used again: AWS ends it after a minute."""

_MOST_KEPT = 10


class Unanswered(Exception):
    """No answer came, or not the whole of it. Its cause is what http.client or the socket raised."""


@frozen
class HttpAnswer:
    """Status, headers (by any case of their names) and body."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@cache
def tls_context() -> ssl.SSLContext:
    """The process's TLS context, trusting what the system trusts. Making one takes longer than most requests."""
    return ssl.create_default_context()


@define(eq=False)
class Connections:
    """Connections to one address, for any thread. Timeouts are in seconds."""

    url: str
    connect_timeout: float
    read_timeout: float
    host: str = field(init=False)
    _address: tuple[str, str, int | None] = field(init=False)
    _idle: list[tuple[http.client.HTTPConnection, float]] = field(factory=list, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        parts = urlsplit(self.url)
        self.host = parts.netloc
        self._address = (parts.scheme, parts.hostname or "", parts.port)

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | str | None = None
    ) -> HttpAnswer:
        """The answer to one request.

        Where a kept connection turns out to have been ended by the other side, the request is sent once more at once.

        Raises:
            Unanswered: none came, or not the whole of it. The request may have been received.
        """
        kept = self._take()
        if kept:
            try:
                return self._send(kept, method, target, headers, body)
            except ConnectionError:  # http.client's RemoteDisconnected is one
                self.close()
            except (OSError, http.client.HTTPException) as error:
                raise Unanswered(type(error).__name__) from error
        try:
            return self._send(self._connect(), method, target, headers, body)
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered(type(error).__name__) from error

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | str | None,
    ) -> HttpAnswer:
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._keep(connection)
        return HttpAnswer(answer.status, answer.headers, content)

    def close(self) -> None:
        """End the connections that nobody uses now."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        scheme, name, port = self._address
        made: http.client.HTTPConnection
        if scheme == "https":
            made = http.client.HTTPSConnection(name, port, timeout=self.connect_timeout, context=tls_context())
        else:
            made = http.client.HTTPConnection(name, port, timeout=self.connect_timeout)
        made.connect()
        made.sock.settimeout(self.read_timeout)
        return made

    def _take(self) -> http.client.HTTPConnection | None:
        """The connection that was used last, if it is still good."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            # By the wall clock: while Lambda has a function frozen, others may stand still.
            if 0 <= time.time() - since < IDLE and not _has_something_to_say(connection.sock):
                return connection
            connection.close()

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < _MOST_KEPT:
                self._idle.append((connection, time.time()))
                return
        connection.close()


def _has_something_to_say(sock: socket.socket) -> bool:
    """Between two requests only the end of the connection can be waiting to be read."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
