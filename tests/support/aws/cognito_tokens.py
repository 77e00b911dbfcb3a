"""ID tokens of the emulated user pool, signed with its own key: a new student costs no call of Cognito."""

from __future__ import annotations

import gzip
import importlib.resources
import json
import time
from functools import cache
from typing import Any

import jwt
from attrs import frozen

_LIFETIME = 3600  # seconds


@frozen
class IdTokenIssuer:
    """Makes the tokens that a pool would: ``issuer`` and ``client_id`` are the pool's."""

    issuer: str
    client_id: str

    def token(self, user_id: str, email: str, **changes: object) -> str:
        """An ID token that is good for an hour. ``changes`` replace claims, None leaves one out."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": user_id,
            "email": email,
            "email_verified": True,
            "name": "Nell Newcomer",
            "token_use": "id",
            "iat": now,
            "exp": now + _LIFETIME,
        } | changes
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(present, _key(), algorithm="RS256", headers={"kid": "dummy"})


@cache
def _key() -> Any:
    file = importlib.resources.files("moto.cognitoidp") / "resources" / "jwks-private.json.gz"
    return jwt.PyJWK(json.loads(gzip.decompress(file.read_bytes()))).key
