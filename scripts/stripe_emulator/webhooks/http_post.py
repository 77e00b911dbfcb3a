"""Posting one webhook over HTTP, to this machine only."""

import http.client
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_READ_AT_MOST = 65536


def post(url: str, payload: bytes, signature: str, timeout: float) -> int | None:
    """The status of the answer; None when there was none in time. Other machines are never contacted."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        return None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, payload, _headers(signature))
        answer = connection.getresponse()
        answer.read(_READ_AT_MOST)
        return answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _headers(signature: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Accept": "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
        "Connection": "close",
        "Stripe-Signature": signature,
    }
