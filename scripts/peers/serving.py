"""Runs a server as a child process and reads its port from its output."""

from __future__ import annotations

import queue
import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from scripts.peers.errors import PeerMissing

_START_TIMEOUT = 60  # seconds


@contextmanager
def serving(command: Sequence[str], listening: str) -> Iterator[str]:
    """The server's address on 127.0.0.1, until the end of the block.

    ``listening``: a pattern of the output line with the port, whose group is the port.

    Raises:
        PeerMissing: the server did not print a port within a minute.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a Ctrl-C is for us, who may still need it while stopping
    ) as process:
        try:
            yield f"http://127.0.0.1:{_port(process, re.compile(listening))}"
        finally:
            process.kill()


def _port(process: subprocess.Popen[bytes], listening: re.Pattern[str]) -> str:
    ports: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process, listening, ports), daemon=True).start()
    try:
        port = ports.get(timeout=_START_TIMEOUT)
    except queue.Empty:
        port = None
    if port is None:
        raise PeerMissing(f"{process.args!s:.60} did not start.")
    return port


def _read(process: subprocess.Popen[bytes], listening: re.Pattern[str], ports: queue.SimpleQueue[str | None]) -> None:
    """Read all output to the end, so that the server never blocks on a full pipe."""
    for line in process.stdout or ():
        if found := listening.search(line.decode(errors="replace")):
            ports.put(found[1])
    ports.put(None)
