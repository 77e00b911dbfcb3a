"""Addresses of lessons: plain ones from a pattern, and ones that CloudFront accepts until a moment."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.cloudfront.lesson_library import LessonLinks, SigningKey
from domain.errors import SecretsUnavailable

PATTERN = "https://lessons.example/{courseId}/{lessonId}.mp4"
UNTIL = datetime(2026, 1, 15, 16, 0, 0, 250_000, tzinfo=UTC)


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _from_cloudfronts_base64(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "=").replace("~", "/"))


def test_a_pattern_makes_plain_links() -> None:
    """Both ids are escaped, so that none of them can leave its place in the path; the link never expires."""
    content = LessonLinks(pattern=PATTERN).content("c/1", "a b?&..", UNTIL)
    assert content is not None
    assert content.url == "https://lessons.example/c%2F1/a%20b%3F%26...mp4"
    assert content.expires_at is None


def test_without_a_pattern_there_is_no_content() -> None:
    """The school keeps its lessons elsewhere; no key is asked for."""
    assert LessonLinks(pattern="").content("c", "l", UNTIL) is None


def test_a_signed_address_is_what_cloudfront_checks() -> None:
    """The canned policy, this address until whole seconds, under the key's signature; to nobody else's key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    links = LessonLinks(pattern=PATTERN, key=lambda: SigningKey("K2EXAMPLE", _pem(key)))
    content = links.content("c-1", "L1", UNTIL)
    assert content is not None
    assert content.expires_at == UNTIL.replace(microsecond=0)
    query = parse_qs(urlsplit(content.url).query, strict_parsing=True)
    assert query["Expires"] == ["1768492800"]
    assert query["Key-Pair-Id"] == ["K2EXAMPLE"]
    policy = {
        "Statement": [
            {
                "Resource": "https://lessons.example/c-1/L1.mp4",
                "Condition": {"DateLessThan": {"AWS:EpochTime": 1768492800}},
            }
        ]
    }
    signed = json.dumps(policy, separators=(",", ":")).encode()
    key.public_key().verify(_from_cloudfronts_base64(query["Signature"][0]), signed, PKCS1v15(), SHA1())  # noqa: S303
    assert "PRIVATE" not in repr(SigningKey("K2EXAMPLE", _pem(key)))
    assert "Signature" not in repr(content)


@pytest.mark.parametrize("pem", ["no key", _pem(ec.generate_private_key(ec.SECP256R1()))], ids=["text", "curve"])
def test_a_key_that_cannot_sign_is_named(pem: str) -> None:
    """The sentence says what to correct and nothing of the key."""
    links = LessonLinks(pattern=PATTERN, key=lambda: SigningKey("K2EXAMPLE", pem))
    with pytest.raises(SecretsUnavailable, match="The key that signs the addresses of lessons is not") as refused:
        links.content("c-1", "L1", UNTIL)
    assert pem not in str(refused.value)
