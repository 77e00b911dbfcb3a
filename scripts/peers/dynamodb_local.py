"""AWS's DynamoDB Local, a Java program that Maven downloads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.peers.errors import PeerMissing
from scripts.peers.fetching import fetch, require
from scripts.peers.serving import serving

_HERE = Path(__file__).parent
_INSTALLED = _HERE.parents[1] / ".local" / "dynamodb-local"
_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


@contextmanager
def running() -> Iterator[str]:
    """Run the server during the block; yields its URL. It never outlives this process.

    Raises:
        PeerMissing: there is no Java compiler; the first time also no Maven, or the download failed.
    """
    require("javac", "java")
    if not list(_INSTALLED.glob("DynamoDBLocal-*.jar")):
        _fetch()
    java = ["java", f"-Djava.library.path={_INSTALLED}", "-cp", f"{_INSTALLED}/*", str(_HERE / "Loopback.java")]
    with serving(java, r"^(\d+)$") as url:
        yield url


def _fetch() -> None:
    require("mvn")
    command = [
        "mvn",
        "--quiet",
        "--batch-mode",
        "--file",
        str(_HERE / "pom.xml"),
        _COPY_GOAL,
        f"-DoutputDirectory={_INSTALLED}",
    ]
    try:
        fetch("com.amazonaws:DynamoDBLocal", command)
    except PeerMissing:
        shutil.rmtree(_INSTALLED, ignore_errors=True)  # a partial download would pass for a complete one
        raise
