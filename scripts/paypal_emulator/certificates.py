"""A certificate authority of the emulator's own, and the certificate that signs its webhooks."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SIGNER = "messageverificationcerts.sandbox.paypal.com"
_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)
_BITS, _EXPONENT = 2048, 65537


@frozen
class Certificates:
    """``root`` is what verifiers are to trust, ``chain`` what they fetch, both PEM; ``key`` signs."""

    root: bytes
    chain: bytes
    key: RSAPrivateKey

    def sign(self, transmission_id: str, time: str, webhook_id: str, body: bytes) -> str:
        """The signature of a delivery."""
        signed = f"{transmission_id}|{time}|{webhook_id}|{zlib.crc32(body)}".encode()
        return base64.b64encode(self.key.sign(signed, PKCS1v15(), SHA256())).decode()


def make_certificates(signer: str = SIGNER) -> Certificates:
    """New keys, a root, and the certificate of the signer under it."""
    root_key, key = generate_private_key(_EXPONENT, _BITS), generate_private_key(_EXPONENT, _BITS)
    issuer, root_id = _name("PayPal emulator root"), x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    root = (
        _builder(issuer, issuer, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(root_id, critical=False)
        .sign(root_key, SHA256())
    )
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id)
    leaf = (
        _builder(_name(signer), issuer, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(signer)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(authority, critical=False)
        .sign(root_key, SHA256())
    )
    return Certificates(root.public_bytes(Encoding.PEM), leaf.public_bytes(Encoding.PEM), key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: RSAPrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
