"""A server of somebody else's as a child process: started, asked where it listens, stopped."""

from __future__ import annotations

import queue
import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from scripts.peers.errors import PeerMissing

_STARTING = 60  # seconds


@contextmanager
def serving(command: Sequence[str], listening: str) -> Iterator[str]:
    """The server's address on 127.0.0.1, until the end of the block.

    `listening`: the line in which it tells its port, as a pattern with the port as its group.

    Raises:
        PeerMissing: it told no port in time.
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
    told: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process, listening, told), daemon=True).start()
    try:
        port = told.get(timeout=_STARTING)
    except queue.Empty:
        port = None
    if port is None:
        raise PeerMissing(f"{process.args!s:.60} did not start.")
    return port


def _read(process: subprocess.Popen[bytes], listening: re.Pattern[str], told: queue.SimpleQueue[str | None]) -> None:
    """Read all it says to the end, so that it never waits for a reader."""
    for line in process.stdout or ():
        if found := listening.search(line.decode(errors="replace")):
            told.put(found[1])
    told.put(None)
