"""DynamoDB requests handed on to another DynamoDB, such as AWS's DynamoDB Local."""

from __future__ import annotations

from typing import Any

import urllib3

_LONGEST = 30.0  # seconds
_CONNECTIONS = 64
_HEADERS = ("HTTP_AUTHORIZATION", "HTTP_X_AMZ_TARGET", "HTTP_X_AMZ_DATE", "CONTENT_TYPE")


class Relay:
    """Sends requests to one address over kept connections, from any thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = urllib3.PoolManager(maxsize=_CONNECTIONS, block=True, retries=False, timeout=_LONGEST)

    def send(self, environ: dict[str, Any], body: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
        """The other's answer to a request: status, headers, body. Raises urllib3's HTTPError where it gives none."""
        names = ((key, key.removeprefix("HTTP_").replace("_", "-")) for key in _HEADERS)
        headers = {name: environ[key] for key, name in names if key in environ}
        answer = self._http.request("POST", self._url, body=body, headers=headers)
        kept = [
            (name, value) for name, value in answer.headers.items() if name.lower().startswith(("content-t", "x-am"))
        ]
        return f"{answer.status} {answer.reason}", kept, answer.data

    def close(self) -> None:
        """End the connections."""
        self._http.clear()
