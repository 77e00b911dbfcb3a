"""Clients of AWS, one per service and process, made when first asked for.

Two kinds give the same answers. "json" is this package's own client of the AWS JSON protocol, which knows the
operations that the product uses and nothing else. "botocore" is AWS's SDK, whose import and generic machinery cost more
processor time than the rest of a request; it stays available through the variable AWS_CLIENT. Both take region,
credentials and endpoint from the environment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_sqs.client import SQSClient

JSON, BOTOCORE = "json", "botocore"
KINDS = (JSON, BOTOCORE)

CONNECT_TIMEOUT = 1.0  # seconds
READ_TIMEOUT = 2.0  # seconds; the slowest request is a transaction of ten items
ATTEMPTS = 3  # the first one included

_LOCK = threading.Lock()
_CLIENTS: dict[str, Any] = {}


@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
@overload
def client(service: Literal["cognito-idp"]) -> Any: ...  # noqa: ANN401 - of which one operation is used
def client(service: str) -> Any:
    """The process's client of a service: always the same one. Thread-safe."""
    if service not in _CLIENTS:
        with _LOCK:  # botocore's clients are thread-safe, their creation is not
            if service not in _CLIENTS:
                _CLIENTS[service] = make_client(service, os.environ)
    return _CLIENTS[service]


def prepare(service: str) -> None:
    """Make the client, and what its first call needs; connect to nobody."""
    made: Any = client(service)  # type: ignore[call-overload]
    if kind_of(os.environ) == JSON:
        made.prepare()


def make_client(
    service: str,
    environment: Mapping[str, str],
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
    attempts: int = ATTEMPTS,
) -> Any:  # noqa: ANN401 - which client it is shows at run time only
    """A new client of the kind that AWS_CLIENT names; timeouts are in seconds, for each attempt."""
    if kind_of(environment) == BOTOCORE:
        from adapters.aws import botocore_clients

        return botocore_clients.make(service, connect_timeout, read_timeout, attempts)
    from adapters.aws.json_client import JsonClient

    return JsonClient(
        service, environment, connect_timeout=connect_timeout, read_timeout=read_timeout, attempts=attempts
    )


def kind_of(environment: Mapping[str, str]) -> str:
    """The kind of client that these variables ask for: "json" unless AWS_CLIENT says otherwise.

    Variables that only botocore understands (proxies, FIPS and dual-stack endpoints, other partitions) choose it too.
    """
    chosen = environment.get("AWS_CLIENT", "")
    if chosen:
        return chosen
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
    needs_more = any(environment.get(name) for name in _ONLY_BOTOCORE) or region.startswith(_OTHER_PARTITIONS)
    return BOTOCORE if needs_more else JSON


_ONLY_BOTOCORE = ("HTTPS_PROXY", "https_proxy", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_PROFILE")
_OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-")
