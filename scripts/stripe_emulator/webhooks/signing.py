"""The Stripe-Signature header: one v1 signature for every secret that is valid now."""

import hashlib
import hmac
from collections.abc import Iterable


def signature_header(payload: bytes, secrets: Iterable[str], timestamp: int) -> str:
    """`t=...,v1=...`, with a further v1 for each secret while one replaces another."""
    signed = str(timestamp).encode() + b"." + payload
    parts = [f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}" for secret in secrets]
    return ",".join([f"t={timestamp}", *parts])
