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
    """The exchange failed. ``was_stale``: on a connection from before, which the other side had ended in between."""

    def __init__(self, reason: str, *, was_stale: bool = False) -> None:
        super().__init__(reason)
        self.was_stale = was_stale


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
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | str | None, wait: float | None = None
    ) -> HttpAnswer:
        """The answer to one request; ``wait`` replaces the read timeout, in seconds.

        Raises:
            Unanswered: none came, or not the whole of it.
        """
        kept = self._take()
        connection = kept or self._connect()
        try:
            if connection.sock:
                connection.sock.settimeout(min(wait or self.read_timeout, self.read_timeout))
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            stale = kept is not None and isinstance(error, ConnectionError | http.client.RemoteDisconnected)
            raise Unanswered(type(error).__name__, was_stale=stale) from error
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
        try:
            made.connect()
        except OSError as error:
            made.close()
            raise Unanswered(type(error).__name__) from error
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
