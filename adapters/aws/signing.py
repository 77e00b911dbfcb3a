"""Signature Version 4 of AWS requests: POST to one path, without a query, the whole body signed."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping

from attrs import define, field

from adapters.aws.credentials import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"


@define(eq=False)
class Signer:
    """Signs requests to one service in one region. A day's key is derived once. For any thread."""

    service: str
    region: str
    _kept: tuple[str, str, bytes] = field(default=("", "", b""), init=False, repr=False)

    def signed(
        self, headers: Mapping[str, str], body: bytes, credentials: Credentials, at: float, path: str = "/"
    ) -> dict[str, str]:
        """The headers, with the date, the session token and the signature over all of them.

        ``at``: seconds since the epoch. Names must be in lower case, ``host`` among them, and values without surplus
        blanks.
        """
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        all_headers = {**headers, "x-amz-date": date}
        if credentials.token:
            all_headers["x-amz-security-token"] = credentials.token
        names = sorted(all_headers)
        lines = "".join(f"{name}:{all_headers[name]}\n" for name in names)
        signed_names = ";".join(names)
        request = f"POST\n{path}\n\n{lines}\n{signed_names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{date[:8]}/{self.region}/{self.service}/aws4_request"
        text = f"{_ALGORITHM}\n{date}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._key(date[:8], credentials.secret_key), text.encode(), "sha256").hex()
        all_headers["authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={signed_names}, Signature={signature}"
        )
        return all_headers

    def _key(self, day: str, secret: str) -> bytes:
        kept = self._kept
        if kept[:2] != (day, secret):
            key = f"AWS4{secret}".encode()
            for part in (day, self.region, self.service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._kept = kept = (day, secret, key)
        return kept[2]
