"""Lessons of the local stack: one sample behind addresses that are signed and checked as CloudFront does it."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from attrs import field, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scripts.stack.http_server import HttpRequest, HttpResponse

SECRET = "learnermax/lessons"
PATH = "/lessons/"
_KEY_ID = "KLOCALLESSONS"
_SAMPLE = Path(__file__).with_name("sample_lesson.webm")
_SIGNED = re.compile(
    r"(?P<url>[^?]+)\?Expires=(?P<expires>\d+)&Signature=(?P<signature>[^&]+)&Key-Pair-Id=(?P<key>\w+)"
)


@frozen(kw_only=True)
class Lessons:
    """Serves the sample lesson below ``/lessons/`` of the website's ``origin``, for addresses signed with its key."""

    origin: str
    _key: rsa.RSAPrivateKey = field(
        factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048), repr=False
    )

    @property
    def pattern(self) -> str:
        """The setting LESSON_URL of this stack."""
        return f"{self.origin}{PATH}{{courseId}}/{{lessonId}}.webm"

    def as_secret(self) -> dict[str, str]:
        """The secret with the key that signs addresses."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return {"LESSON_KEY_ID": _KEY_ID, "LESSON_PRIVATE_KEY": pem}

    def before(self, pages: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
        """The website: lessons below their path, and ``pages`` everywhere else."""
        return lambda request: self(request) if request.path.startswith(PATH) else pages(request)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response to one request for a lesson."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers=(("Allow", "GET, HEAD"),))
        if not self.accepts(self.origin + request.target):
            return HttpResponse(status=403, headers=(("Cache-Control", "no-store"),))
        headers = (("Content-Type", "video/webm"), ("Cache-Control", "private, max-age=300"))
        return HttpResponse(status=200, headers=headers, body=_SAMPLE.read_bytes())

    def accepts(self, url: str) -> bool:
        """Whether CloudFront would answer: the canned policy for exactly this address, signed by our key, not over."""
        found = _SIGNED.fullmatch(url)
        if found is None or found["key"] != _KEY_ID or int(found["expires"]) <= time.time():
            return False
        condition = {"DateLessThan": {"AWS:EpochTime": int(found["expires"])}}
        policy = {"Statement": [{"Resource": found["url"], "Condition": condition}]}
        signed = json.dumps(policy, separators=(",", ":")).encode()
        text = found["signature"].replace("-", "+").replace("_", "=").replace("~", "/")
        try:
            self._key.public_key().verify(base64.b64decode(text, validate=True), signed, PKCS1v15(), SHA1())  # noqa: S303
        except (InvalidSignature, binascii.Error):
            return False
        return True
