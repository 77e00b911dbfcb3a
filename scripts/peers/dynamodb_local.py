"""AWS's DynamoDB Local, a Java program that Maven fetches."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.peers.errors import PeerMissing
from scripts.peers.fetching import fetch, require
from scripts.peers.serving import serving

_HERE = Path(__file__).parent
_KEPT = _HERE.parents[1] / ".local" / "dynamodb-local"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


@contextmanager
def running() -> Iterator[str]:
    """Its address, until the end of the block. It ends with this process in any case.

    Raises:
        PeerMissing: no Java compiler; the first time also no Maven, or Maven got nothing.
    """
    require("javac", "java")
    if not list(_KEPT.glob("DynamoDBLocal-*.jar")):
        _fetch()
    java = ["java", f"-Djava.library.path={_KEPT}", "-cp", f"{_KEPT}/*", str(_HERE / "Loopback.java")]
    with serving(java, r"^(\d+)$") as url:
        yield url


def _fetch() -> None:
    require("mvn")
    command = ["mvn", "--quiet", "--batch-mode", "--file", str(_HERE / "pom.xml"), _COPY, f"-DoutputDirectory={_KEPT}"]
    try:
        fetch("com.amazonaws:DynamoDBLocal", command)
    except PeerMissing:
        shutil.rmtree(_KEPT, ignore_errors=True)  # a part of it would look like the whole next time
        raise
