"""Clients of AWS for operators: more patient than those of the product, and made in this one place."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=5, read_timeout=60, max_pool_connections=16, retries={"mode": "standard", "total_max_attempts": 4}
)


class Aws:
    """The account that this process's environment leads to. One session; each client is made on first use."""

    def __init__(self) -> None:
        self._session = botocore.session.Session()
        self._client = cache(lambda service: self._session.create_client(service, config=_CONFIG))

    def __call__(self, service: str) -> Any:
        """The client of a service, by its name in boto3."""
        return self._client(service)

    @property
    def region(self) -> str:
        """The region, as the clients have it."""
        region: str = self("sts").meta.region_name
        return region

    def account(self) -> str:
        """The account's number."""
        number: str = self("sts").get_caller_identity()["Account"]
        return number

    def who(self) -> str:
        """Who is calling: the user or role session, without the account."""
        arn: str = self("sts").get_caller_identity()["Arn"]
        return arn.rpartition(":")[2]
