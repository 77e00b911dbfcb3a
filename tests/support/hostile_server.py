"""A server in a provider's place that answers any bytes, at any pace."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Self

Answer = Callable[[], Iterable[bytes]]
"""The pieces of an answer, made anew for every request. Between them it may wait."""


class HostileServer:
    """Listens on 127.0.0.1. Reads each request and sends the pieces of ``answer``, then closes the connection."""

    def __init__(self) -> None:
        self.answer: Answer = lambda: ()
        self.requests = 0
        self.stopped = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def drip(self, piece: bytes = b" ") -> Iterable[bytes]:
        """A byte now and then, for ever; far more often than anybody gives up waiting for the next one."""
        while not self.stopped.wait(0.02):
            yield piece

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.settimeout(5)
                _read_request(connection)
                self.requests += 1
                for piece in self.answer():
                    connection.sendall(piece)
            except OSError:
                return


def _read_request(connection: socket.socket) -> None:
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65_536)
    head, _, body = read.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
