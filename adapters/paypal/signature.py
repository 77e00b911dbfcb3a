"""Signatures of webhook events: proven here with PayPal's certificate, or by asking PayPal.

PayPal signs the CRC32 of the body, not a hash of it: whoever has one genuine delivery can make another body of the same
checksum. So a proven signature only says that it is worth asking PayPal what the event is about.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from attrs import define, field, frozen

from adapters.paypal import values
from adapters.paypal.api import PayPalApi, PayPalRefusedError
from domain.errors import InvalidSignature, MalformedEvent, ProviderUnavailable
from domain.ports.clock import Clock
from domain.ports.secret_store import SecretStore

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

ALGORITHM = "SHA256withRSA"
NAMES = {
    "live": ("messageverificationcerts.paypal.com",),
    "sandbox": ("messageverificationcerts.sandbox.paypal.com", "messageverificationcerts.paypal.com"),
}
"""Whose certificate signs, by environment: the sandbox is known to use the live one too."""

HOSTS = (
    "https://api.paypal.com",
    "https://api-m.paypal.com",
    "https://api.sandbox.paypal.com",
    "https://api-m.sandbox.paypal.com",
)
_PATH = "/v1/notifications/certs/"
_LONGEST = 64_000
_MOST_KEPT = 20


@frozen
class Transmission:
    """The headers that a signature is made of."""

    transmission_id: str
    time: str
    signature: str
    cert_url: str
    algorithm: str

    @classmethod
    def parse(cls, headers: Mapping[str, str]) -> Transmission:
        """The headers of a request, names in lower case.

        Raises:
            InvalidSignature: one is missing, or the algorithm is another one.
        """
        names = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")
        found = [headers.get(f"paypal-{name}", "") for name in names]
        if not all(found) or found[-1] != ALGORITHM:
            raise InvalidSignature
        return cls(*found)


class Verifier(Protocol):
    """Proves that PayPal sent a message."""

    def require_genuine(self, body: bytes, headers: Mapping[str, str], webhook_id: str) -> None:
        """Refuse a message that PayPal did not send to this webhook.

        Raises:
            InvalidSignature: it did not.
            ProviderUnavailable: that cannot be known now.
        """
        ...


@define(eq=False, kw_only=True)
class AskingVerifier(Verifier):
    """Lets PayPal verify: a request for each event, and no cryptography here."""

    api: PayPalApi

    def require_genuine(self, body: bytes, headers: Mapping[str, str], webhook_id: str) -> None:
        """Ask PayPal."""
        sent = Transmission.parse(headers)
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            raise MalformedEvent from None  # nobody can be asked about it, and nothing can be read from it
        question = {
            "auth_algo": sent.algorithm,
            "cert_url": sent.cert_url,
            "transmission_id": sent.transmission_id,
            "transmission_sig": sent.signature,
            "transmission_time": sent.time,
            "webhook_id": webhook_id,
        }
        # The event goes out as the bytes that came in: PayPal takes one that is spaced differently for another.
        content = json.dumps(question)[:-1].encode() + b', "webhook_event": ' + body + b"}"
        try:
            answer = self.api.post("/v1/notifications/verify-webhook-signature", content)
            genuine = values.text(answer, "verification_status") == "SUCCESS"
        except PayPalRefusedError:
            genuine = False
        except MalformedEvent:
            raise ProviderUnavailable from None
        if not genuine:
            raise InvalidSignature


def fetch_certificates(url: str) -> bytes:
    """The PEM file at this URL, which is checked already. Redirects are not followed.

    Raises:
        Unanswered: there was no answer, or another than the file.
    """
    from adapters.connections import Connections, Unanswered

    parts = urlsplit(url)
    connections = Connections(f"{parts.scheme}://{parts.netloc}", 3.0, 5.0)
    try:
        answer = connections.exchange("GET", parts.path, {})
    finally:
        connections.close()
    if answer.status != 200 or len(answer.body) > _LONGEST:  # noqa: PLR2004 - HTTP's word for "here it is"
        raise Unanswered(f"http_{answer.status}")
    return answer.body


@define(eq=False, kw_only=True)
class CertificateVerifier(Verifier):
    """Verifies with the certificate that the message names, which must be PayPal's and chain to a trusted root.

    ``hosts`` are the origins that certificates may come from, ``names`` whose certificates they may be, ``roots`` is
    the file of trusted roots, None for those of the system.
    """

    clock: Clock
    names: tuple[str, ...]
    hosts: tuple[str, ...] = HOSTS
    roots: str | None = None
    fetch: Callable[[str], bytes] = fetch_certificates
    _known: dict[str, bytes] = field(factory=dict, init=False)

    def require_genuine(self, body: bytes, headers: Mapping[str, str], webhook_id: str) -> None:
        """Verify the certificate, then the signature with its key."""
        from cryptography.exceptions import InvalidSignature as WrongSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.hashes import SHA256

        sent = Transmission.parse(headers)
        self._require_allowed(sent.cert_url)
        key = self._certificate(sent.cert_url).public_key()
        signed = f"{sent.transmission_id}|{sent.time}|{webhook_id}|{zlib.crc32(body)}".encode()
        try:
            signature = base64.b64decode(sent.signature, validate=True)
            if not isinstance(key, RSAPublicKey):
                raise InvalidSignature
            key.verify(signature, signed, PKCS1v15(), SHA256())
        except (WrongSignature, binascii.Error, ValueError):
            raise InvalidSignature from None

    def _require_allowed(self, url: str) -> None:
        """Before anything is fetched: a message must not choose where we send requests."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise InvalidSignature from None
        name = parts.path.removeprefix(_PATH)
        plain = (
            url == f"{parts.scheme}://{parts.netloc}{_PATH}{name}" and name.replace("-", "").replace("_", "").isalnum()
        )
        if not plain or f"{parts.scheme}://{parts.netloc}" not in self.hosts:
            raise InvalidSignature

    def _certificate(self, url: str) -> Certificate:
        from cryptography import x509
        from cryptography.x509 import verification

        from adapters.connections import Unanswered

        if (pem := self._known.get(url)) is None:
            try:
                pem = self.fetch(url)
            except Unanswered:
                raise ProviderUnavailable from None
        try:
            leaf, *others = x509.load_pem_x509_certificates(pem)
            store = verification.Store(x509.load_pem_x509_certificates(self._trusted()))
        except ValueError:
            raise InvalidSignature from None
        for name in self.names:
            builder = verification.PolicyBuilder().store(store).time(self.clock.now())
            try:
                builder.build_server_verifier(x509.DNSName(name)).verify(leaf, others)
            except verification.VerificationError:
                continue
            if len(self._known) < _MOST_KEPT:
                self._known[url] = pem
            return leaf
        raise InvalidSignature

    def _trusted(self) -> bytes:
        import ssl

        path = self.roots or ssl.get_default_verify_paths().cafile
        if path is None:
            raise ProviderUnavailable
        return Path(path).read_bytes()


@frozen(kw_only=True)
class Signatures:
    """Proves messages to our webhook, under whichever of its ids they were sent."""

    provider: str
    secrets: SecretStore
    verifier: Verifier

    def require(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Refuse a message that PayPal did not send to us.

        Raises:
            InvalidSignature: it did not.
            ProviderUnavailable: that cannot be known now.
        """
        known = self.secrets.secrets(self.provider).webhook_secrets
        if any(self._is_genuine(body, headers, webhook_id) for webhook_id in known):
            return
        # The webhook may just have been registered anew.
        anew = [one for one in self.secrets.refreshed(self.provider).webhook_secrets if one not in known]
        if not any(self._is_genuine(body, headers, webhook_id) for webhook_id in anew):
            raise InvalidSignature

    def _is_genuine(self, body: bytes, headers: Mapping[str, str], webhook_id: str) -> bool:
        try:
            self.verifier.require_genuine(body, headers, webhook_id)
        except InvalidSignature:
            return False
        return True
