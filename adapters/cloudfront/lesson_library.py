"""Lessons behind CloudFront: addresses that it accepts until a moment, signed with a key that only we have."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from attrs import field, frozen

from domain.errors import SecretsUnavailable
from domain.ports.lesson_content import LessonContent, LessonLibrary

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_CLOUDFRONTS_BASE64 = str.maketrans("+=/", "-_~")


@frozen
class SigningKey:
    """A key of a CloudFront key group: its id there, and the private half in PEM."""

    key_id: str
    private_key: str = field(repr=False)


@frozen(kw_only=True)
class LessonLinks(LessonLibrary):
    """Makes addresses from a pattern with ``{courseId}`` and ``{lessonId}``; an empty one makes none.

    With a ``key`` they are signed, as CloudFront checks them for a behavior with a trusted key group. Without one they
    are plain links: whoever knows one can pass it on.
    """

    pattern: str
    key: Callable[[], SigningKey] | None = None

    def content(self, course_id: str, lesson_id: str, until: datetime) -> LessonContent | None:
        """The lesson's address, signed where there is a key."""
        if not self.pattern:
            return None
        url = self.pattern.replace("{courseId}", quote(course_id, safe="")).replace(
            "{lessonId}", quote(lesson_id, safe="")
        )
        if self.key is None:
            return LessonContent(url=url, expires_at=None)
        ends = until.replace(microsecond=0)
        return LessonContent(url=_signed(url, ends, self.key()), expires_at=ends)


def _signed(url: str, until: datetime, key: SigningKey) -> str:
    """The address with CloudFront's canned policy: this address and no other, until then."""
    expires = int(until.timestamp())
    condition = {"DateLessThan": {"AWS:EpochTime": expires}}
    policy = json.dumps({"Statement": [{"Resource": url, "Condition": condition}]}, separators=(",", ":"))
    signature = base64.b64encode(_signature(_private_key(key.private_key), policy.encode())).decode()
    safe = signature.translate(_CLOUDFRONTS_BASE64)
    return f"{url}?Expires={expires}&Signature={safe}&Key-Pair-Id={key.key_id}"


def _private_key(pem: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = load_pem_private_key(pem.encode(), password=None)
    except ValueError:
        raise SecretsUnavailable("The key that signs the addresses of lessons is not a private key in PEM.") from None
    if not isinstance(found, RSAPrivateKey):
        raise SecretsUnavailable("The key that signs the addresses of lessons is not an RSA key.")
    return found


def _signature(key: RSAPrivateKey, message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA1

    # CloudFront takes RSA with SHA-1 and nothing else; the key signs nothing but these addresses.
    return key.sign(message, PKCS1v15(), SHA1())  # noqa: S303
