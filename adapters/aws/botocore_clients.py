"""Clients made by botocore, AWS's SDK, from the one session of this process.

A session reads some megabytes of service descriptions, so a second one would cost a cold start again. Credentials,
region and AWS_ENDPOINT_URL are taken from the environment by botocore itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.session import Session

_SESSIONS: list[Session] = []


def make(service: str, connect_timeout: float, read_timeout: float, attempts: int) -> object:
    """A new client. Not for several threads at once."""
    from botocore.config import Config

    config = Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    return session().create_client(service, config=config)


def session() -> Session:
    """The process's session."""
    if not _SESSIONS:
        import botocore.session

        _SESSIONS.append(botocore.session.Session())
    return _SESSIONS[0]
