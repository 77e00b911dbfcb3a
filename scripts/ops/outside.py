"""HTTP from outside, as anybody's browser would."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

import urllib3
from attrs import field, frozen

from scripts.ops.errors import OpsError

_PATIENCE = urllib3.Timeout(connect=5, read=35)  # API Gateway gives up after 29


@frozen
class Answer:
    """What came back; header names are in lower case."""

    what: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The body's JSON.

        Raises:
            OpsError: it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise OpsError(f"{self.what} answered {self.status} with something else than JSON") from error

    def must_be(self, status: int, *, code: str | None = None) -> Self:
        """This answer, if it has the status and, where one is given, the error's code.

        Raises:
            OpsError: it has not.
        """
        if self.status != status:
            raise OpsError(f"{self.what} answered {self.status}, not {status}")
        if code is not None and (found := self.json.get("code")) != code:
            raise OpsError(f"{self.what} answered with the code {found}, not {code}")
        return self


@frozen
class Outside:
    """A server at this address."""

    url: str
    _pool: urllib3.PoolManager = field(factory=lambda: urllib3.PoolManager(retries=False, timeout=_PATIENCE))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """POST JSON."""
        return self.ask("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Any request.

        Raises:
            OpsError: nobody answers.
        """
        try:
            answer = self._pool.request(method, self.url + path, body=body, headers=dict(headers or {}))
        except urllib3.exceptions.HTTPError as error:
            raise OpsError(f"{method} {self.url}{path} got no answer: {type(error).__name__}") from error
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(f"{method} {path}", answer.status, found, answer.data)
