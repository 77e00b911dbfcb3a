"""A small HTTP client for the smoke test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

import urllib3
from attrs import field, frozen

from scripts.ops.errors import OpsError

_TIMEOUT = urllib3.Timeout(connect=5, read=35)  # API Gateway times out after 29


@frozen
class HttpAnswer:
    """A response. ``request`` is its method and path; header names are in lower case."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The body, parsed as JSON.

        Raises:
            OpsError: the body is not JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise OpsError(f"{self.request} answered {self.status} without JSON") from error

    def expect(self, status: int, *, code: str | None = None) -> Self:
        """Return this response if it has this status and, if given, this error code.

        Raises:
            OpsError: the status or the code differs.
        """
        if self.status != status:
            raise OpsError(f"{self.request} answered {self.status}, not {status}")
        if code is not None and (found := self.json.get("code")) != code:
            raise OpsError(f"{self.request} answered with the code {found}, not {code}")
        return self


@frozen
class HttpClient:
    """Sends requests to the server at ``url``, without retries."""

    url: str
    _pool: urllib3.PoolManager = field(factory=lambda: urllib3.PoolManager(retries=False, timeout=_TIMEOUT))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Send a GET request."""
        return self.request("GET", path, headers=headers)

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Send a POST request with a JSON body."""
        return self.request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Send a request.

        Raises:
            OpsError: no response came.
        """
        try:
            answer = self._pool.request(method, self.url + path, body=body, headers=dict(headers or {}))
        except urllib3.exceptions.HTTPError as error:
            raise OpsError(f"{method} {self.url}{path} got no answer: {type(error).__name__}") from error
        found = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(f"{method} {path}", answer.status, found, answer.data)
