"""Lessons behind CloudFront: addresses that it accepts until a moment, signed with a key that only we have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from attrs import field, frozen

from domain.errors import SecretsUnavailable
from domain.ports.lesson_content import LessonContent, LessonLibrary

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


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
    from botocore.signers import CloudFrontSigner

    signer = CloudFrontSigner(key.key_id, partial(_signature, _private_key(key.private_key)))
    signed: str = signer.generate_presigned_url(url, date_less_than=until)
    return signed


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
