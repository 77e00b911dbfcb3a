"""An emulation of API Gateway's Cognito authorizer: verifying ID tokens, and the claims that it passes on."""

from __future__ import annotations

import time
from typing import Any

import jwt
from attrs import define, field

_JWKS_TIMEOUT = 30  # seconds; long, so that a busy machine does not reject valid tokens


@define(eq=False)
class TokenVerifier:
    """Accepts tokens of one user pool, signed with its RSA keys, for whichever client and use.

    That is as lax as API Gateway may be: whose token it is, and of which kind, is the API's own check.
    """

    issuer: str
    jwks_url: str
    _keys: jwt.PyJWKClient = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._keys = jwt.PyJWKClient(self.jwks_url, cache_keys=True, timeout=_JWKS_TIMEOUT)

    def __call__(self, header: str) -> dict[str, Any] | None:
        """The claims of an Authorization header's token, or None if API Gateway would answer 401."""
        token = header.removeprefix("Bearer ").strip()
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token),
                algorithms=["RS256"],
                issuer=self.issuer,
                options={"require": ["exp", "iat", "iss", "sub"], "verify_aud": False},
            )
        except jwt.PyJWTError:
            return None
        return claims


def gateway_claims(claims: dict[str, Any]) -> dict[str, str]:
    """The claims as a REST API's authorizer passes them on: strings, lists joined by commas, times spelled out."""
    return {name: _written(name, value) for name, value in claims.items()}


def _written(name: str, value: object) -> str:
    if name in ("exp", "iat") and isinstance(value, int):
        return time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)
