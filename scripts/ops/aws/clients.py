"""boto clients for operators, with longer timeouts and more retries than the product's."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=5, read_timeout=60, max_pool_connections=16, retries={"mode": "standard", "total_max_attempts": 4}
)


class AwsClients:
    """Clients of the AWS account that the environment's credentials belong to; each is created on first use."""

    def __init__(self) -> None:
        self._session = botocore.session.Session()
        self._client = cache(lambda service: self._session.create_client(service, config=_CONFIG))

    def __call__(self, service: str) -> Any:
        """The client of a service by its boto3 name, such as "dynamodb"."""
        return self._client(service)

    @property
    def region(self) -> str:
        """The region of the clients, such as "us-east-1"."""
        region: str = self("sts").meta.region_name
        return region

    def account(self) -> str:
        """The 12-digit account id."""
        number: str = self("sts").get_caller_identity()["Account"]
        return number

    def caller(self) -> str:
        """The IAM user or role session of the credentials, without the account id: "user/kim"."""
        arn: str = self("sts").get_caller_identity()["Arn"]
        return arn.rpartition(":")[2]
