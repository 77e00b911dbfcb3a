"""Tools of the npm registry that are run over the OpenAPI document: redocly, openapi-typescript, tsc."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.peers.fetching import fetch, require

_PACKAGE = Path(__file__).with_name("openapi_npm")
_KEPT = Path(__file__).parents[2] / ".local" / "openapi-tools"


@contextmanager
def installed() -> Iterator[str]:
    """The directory that they are installed in, in the versions of package-lock.json.

    Raises:
        PeerMissing: no npm, or npm could not fetch them.
    """
    lock = (_PACKAGE / "package-lock.json").read_bytes()
    target = _KEPT / hashlib.sha256(lock).hexdigest()[:16]
    if not (target / "node_modules" / ".package-lock.json").exists():  # npm writes it last
        require("npm", "node")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(_PACKAGE, target)
        fetch("openapi-tools", ["npm", "ci", "--prefix", str(target), "--ignore-scripts", "--no-audit", "--no-fund"])
    yield str(target)
