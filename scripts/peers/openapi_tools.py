"""Tools of the npm registry that are run over the OpenAPI document: redocly, openapi-typescript, tsc."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scripts.peers.npm_packages import npm_package


@contextmanager
def installed() -> Iterator[str]:
    """The directory that they are installed in, in the versions of package-lock.json.

    Raises:
        PeerMissing: no npm, or npm could not fetch them.
    """
    yield str(npm_package("openapi_npm", "openapi-tools"))
