"""botocore clients, created on first use from one botocore session per process.

A session parses some megabytes of service descriptions, so each further one would cost as much as a cold start.
botocore itself reads the credentials, the region and AWS_ENDPOINT_URL from the environment.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_sqs.client import SQSClient

CONNECT_TIMEOUT = 1  # seconds
READ_TIMEOUT = 2  # seconds; the slowest request is a transaction of ten items
ATTEMPTS = 3  # the first one included

_LOCK = threading.Lock()
_CLIENTS: dict[str, Any] = {}
_SESSIONS: list[Session] = []


@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
def client(service: str) -> Any:
    """The process's client of a service: always the same one. Thread-safe."""
    if service not in _CLIENTS:
        with _LOCK:  # botocore's clients are thread-safe, their creation is not
            if service not in _CLIENTS:
                _CLIENTS[service] = _session().create_client(service, config=_config())
    return _CLIENTS[service]


def _session() -> Session:
    if not _SESSIONS:
        import botocore.session

        _SESSIONS.append(botocore.session.Session())
    return _SESSIONS[0]


def _config() -> Config:
    from botocore.config import Config as Settings

    return Settings(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
