"""The secret key of a request."""

import base64
import binascii


def secret_key(authorization: str) -> str:
    """The key in an Authorization header, Bearer or Basic (as the user name); empty when there is none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
