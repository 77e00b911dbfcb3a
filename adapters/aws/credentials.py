"""Credentials of AWS: from the environment, or from the endpoint that Lambda offers where they expire.

A function's variables hold credentials that outlive it. Under SnapStart, and in containers, there is an address
instead, which gives credentials for some hours; they are fetched again before they expire.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from attrs import define, field, frozen

from adapters.aws.errors import AwsUnreachable, NoCredentials

EARLY = 15 * 60
"""Seconds before the end at which new ones are fetched; while that fails the old ones serve on."""

_LATEST = 60  # seconds before the end: from then on a failure to fetch is an error
_TIMEOUT = 2.0  # seconds
_CONTAINER_HOST = "http://169.254.170.2"
_CONTAINER_HOSTS = ("127.0.0.1", "localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23")

Fetch = Callable[[str, Mapping[str, str]], bytes]
"""GET an address with headers; the body. Raises OSError."""


@frozen
class Credentials:
    """What requests are signed with; ``expires`` in seconds since the epoch, None: not while this process lives."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    expires: float | None = None


def _get(url: str, headers: Mapping[str, str]) -> bytes:
    from urllib.request import ProxyHandler, Request, build_opener

    with build_opener(ProxyHandler({})).open(Request(url, headers=dict(headers)), timeout=_TIMEOUT) as answer:  # noqa: S310 - the hosts are checked
        body: bytes = answer.read()
    return body


@define(eq=False)
class CredentialSource:
    """Gives the credentials that hold now. For any thread."""

    environment: Mapping[str, str]
    fetch: Fetch = _get
    now: Callable[[], float] = time.time
    _fetched: Credentials | None = field(default=None, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def current(self) -> Credentials:
        """The credentials.

        Raises:
            NoCredentials: the environment names none, and no address that has some.
            AwsUnreachable: they must be fetched, and that fails.
        """
        access, secret = self.environment.get("AWS_ACCESS_KEY_ID"), self.environment.get("AWS_SECRET_ACCESS_KEY")
        if access and secret:
            return Credentials(access, secret, self.environment.get("AWS_SESSION_TOKEN", ""))
        known = self._fetched
        if known and self._left(known) > EARLY:
            return known
        with self._lock:
            known = self._fetched
            if known and self._left(known) > EARLY:
                return known
            try:
                self._fetched = self._ask()
            except AwsUnreachable:
                if known is None or self._left(known) < _LATEST:
                    raise
                return known
            return self._fetched

    def _left(self, known: Credentials) -> float:
        return float("inf") if known.expires is None else known.expires - self.now()

    def _ask(self) -> Credentials:
        url = self._url()
        token = self._token()
        try:
            found = json.loads(self.fetch(url, {"Authorization": token} if token else {}))
            expires = datetime.fromisoformat(found["Expiration"]).timestamp() if "Expiration" in found else None
            return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found.get("Token", ""), expires)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AwsUnreachable(f"no credentials: {type(error).__name__}") from None

    def _url(self) -> str:
        if path := self.environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
            return _CONTAINER_HOST + path
        url = self.environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if not url:
            raise NoCredentials("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
        parts = urlsplit(url)
        if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in _CONTAINER_HOSTS):
            raise NoCredentials("credentials are only asked for on this machine, or over https")
        return url

    def _token(self) -> str:
        if file := self.environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
            return Path(file).read_text("utf-8").strip()
        return self.environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
