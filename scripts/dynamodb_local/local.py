"""Fetch DynamoDB Local, start it, stop it."""

from __future__ import annotations

import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HERE = Path(__file__).parent
_KEPT = _HERE.parents[1] / ".local" / "dynamodb-local"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_FETCHING = 240  # seconds
_STARTING = 60  # seconds: compiling the launcher is most of it


class DynamoDBLocalMissing(Exception):
    """It cannot be had on this machine; the message says what is lacking."""


def fetch() -> Path:
    """The directory that its libraries are in, fetched by Maven unless they are there already.

    Raises:
        DynamoDBLocalMissing: no Java compiler, no Maven, or Maven got nothing in time.
    """
    for program in ("javac", "java", "mvn"):
        if shutil.which(program) is None:
            raise DynamoDBLocalMissing(f"{program} is not on this machine.")
    if not list(_KEPT.glob("DynamoDBLocal-*.jar")):
        command = ["mvn", "--quiet", "--batch-mode", "--file", str(_HERE / "pom.xml"), _COPY]
        try:
            subprocess.run([*command, f"-DoutputDirectory={_KEPT}"], check=True, timeout=_FETCHING)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            shutil.rmtree(_KEPT, ignore_errors=True)
            raise DynamoDBLocalMissing("Maven could not fetch com.amazonaws:DynamoDBLocal.") from error
    return _KEPT


@contextmanager
def running(libraries: Path) -> Iterator[str]:
    """Its address on 127.0.0.1, until the end of the block. It ends with this process in any case.

    Raises:
        DynamoDBLocalMissing: it did not start.
    """
    java = ["java", f"-Djava.library.path={libraries}", "-cp", f"{libraries}/*", str(_HERE / "Loopback.java")]
    with subprocess.Popen(java, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{_port_told_by(process)}"
        finally:
            process.kill()


def _port_told_by(process: subprocess.Popen[bytes]) -> int:
    told: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    output = process.stdout
    if output is None:
        raise DynamoDBLocalMissing("DynamoDB Local has no standard output.")
    threading.Thread(target=lambda: told.put(output.readline()), daemon=True).start()
    try:
        return int(told.get(timeout=_STARTING))
    except (queue.Empty, ValueError) as error:
        raise DynamoDBLocalMissing("DynamoDB Local did not start.") from error
