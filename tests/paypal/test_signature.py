"""Webhook signatures, verified here: whose certificate, from where, over what."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from adapters.connections import Unanswered
from adapters.memory.clock import MemoryClock
from adapters.paypal.signature import HOSTS, NAMES, CertificateVerifier
from domain.errors import InvalidSignature, ProviderUnavailable
from scripts.paypal_emulator.certificates import Certificates, make_certificates
from scripts.paypal_emulator.webhooks import Message, signed
from tests.support.factories import NOW

WEBHOOK, BODY = "WH-1", b'{"id": "WH-EVENT", "event_type": "X"}'
URL = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-5edc0ebc"


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    """Keys take a moment to make."""
    return make_certificates()


@pytest.fixture
def verifier(certificates: Certificates, tmp_path: Path) -> CertificateVerifier:
    """A verifier that trusts the root of these."""
    roots = tmp_path / "roots.pem"
    roots.write_bytes(certificates.root)
    return CertificateVerifier(
        clock=MemoryClock(NOW), names=NAMES["sandbox"], roots=str(roots), fetch=lambda _: certificates.chain
    )


def message(certificates: Certificates, url: str = URL, changes: Mapping[str, str] | None = None) -> Message:
    """A delivery, with some headers changed."""
    sent, headers = signed(BODY, at=NOW, webhook_id=WEBHOOK, certificates=certificates, cert_url=url)
    return sent, {name.lower(): value for name, value in headers.items()} | {
        f"paypal-{name.replace('_', '-')}": value for name, value in (changes or {}).items()
    }


def test_a_genuine_message_is_accepted(verifier: CertificateVerifier, certificates: Certificates) -> None:
    """However often it comes."""
    for _ in range(3):
        verifier.require_genuine(*message(certificates), WEBHOOK)


def test_the_certificate_is_fetched_once(verifier: CertificateVerifier, certificates: Certificates) -> None:
    """It has a name of its own, so it does not change."""
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return certificates.chain

    verifier.fetch = fetch
    for _ in range(3):
        verifier.require_genuine(*message(certificates), WEBHOOK)
    assert fetched == [URL]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/other/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?x=1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "file:///etc/passwd",
        "https://[",
        "https://api.paypal.com\u2100/v1/notifications/certs/CERT-1",
    ],
)
def test_a_message_does_not_choose_where_we_send_requests(
    verifier: CertificateVerifier, certificates: Certificates, url: str
) -> None:
    """Refused before anything is fetched."""

    def fetch(asked: str) -> bytes:
        raise AssertionError(asked)

    verifier.fetch = fetch
    with pytest.raises(InvalidSignature):
        verifier.require_genuine(*message(certificates, url), WEBHOOK)


@pytest.mark.parametrize("origin", HOSTS)
def test_paypals_own_hosts_are_asked(verifier: CertificateVerifier, certificates: Certificates, origin: str) -> None:
    """Live and sandbox, under both of their names."""
    verifier.require_genuine(*message(certificates, f"{origin}/v1/notifications/certs/CERT-1"), WEBHOOK)


@pytest.mark.parametrize(
    "changes",
    [
        {"transmission_id": "another"},
        {"transmission_time": "2026-01-15T12:00:01Z"},
        {"transmission_sig": "AAAA"},
        {"transmission_sig": "not base64!"},
        {"auth_algo": "SHA1withRSA"},
        {"cert_url": ""},
    ],
)
def test_a_changed_header_is_refused(
    verifier: CertificateVerifier, certificates: Certificates, changes: dict[str, str]
) -> None:
    """Each is part of what is signed, or of how."""
    with pytest.raises(InvalidSignature):
        verifier.require_genuine(*message(certificates, changes=changes), WEBHOOK)


def test_another_body_or_another_webhook_is_refused(verifier: CertificateVerifier, certificates: Certificates) -> None:
    """A message to somebody else's webhook is none to ours."""
    body, headers = message(certificates)
    with pytest.raises(InvalidSignature):
        verifier.require_genuine(body + b" ", headers, WEBHOOK)
    with pytest.raises(InvalidSignature):
        verifier.require_genuine(body, headers, "WH-2")


def test_a_certificate_of_another_authority_is_refused(verifier: CertificateVerifier) -> None:
    """Anybody can make one."""
    forged = make_certificates()
    verifier.fetch = lambda _: forged.chain
    with pytest.raises(InvalidSignature):
        verifier.require_genuine(*message(forged), WEBHOOK)


def test_somebody_elses_certificate_of_the_same_authority_is_refused(tmp_path: Path) -> None:
    """A public authority signs for many."""
    others = make_certificates("shop.example")
    roots = tmp_path / "roots.pem"
    roots.write_bytes(others.root)
    verifier = CertificateVerifier(
        clock=MemoryClock(NOW), names=NAMES["sandbox"], roots=str(roots), fetch=lambda _: others.chain
    )
    with pytest.raises(InvalidSignature):
        verifier.require_genuine(*message(others), WEBHOOK)


def test_the_sandboxs_certificate_proves_nothing_live(
    verifier: CertificateVerifier, certificates: Certificates
) -> None:
    """Play money must not become real."""
    verifier.names = NAMES["live"]
    with pytest.raises(InvalidSignature):
        verifier.require_genuine(*message(certificates), WEBHOOK)


def test_a_certificate_has_its_time(verifier: CertificateVerifier, certificates: Certificates) -> None:
    """One that is over is refused, also when it is known."""
    verifier.require_genuine(*message(certificates), WEBHOOK)
    verifier.clock = MemoryClock(datetime(2050, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidSignature):
        verifier.require_genuine(*message(certificates), WEBHOOK)


@pytest.mark.parametrize("pem", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(
    verifier: CertificateVerifier, certificates: Certificates, pem: bytes
) -> None:
    """Whatever came from PayPal's host."""
    verifier.fetch = lambda _: pem
    with pytest.raises(InvalidSignature):
        verifier.require_genuine(*message(certificates), WEBHOOK)


def test_without_the_certificate_nothing_is_known(verifier: CertificateVerifier, certificates: Certificates) -> None:
    """PayPal sends the event again."""

    def fetch(_: str) -> bytes:
        raise Unanswered("TimeoutError")

    verifier.fetch = fetch
    with pytest.raises(ProviderUnavailable):
        verifier.require_genuine(*message(certificates), WEBHOOK)


def test_the_signed_text_is_what_paypal_documents(certificates: Certificates) -> None:
    """Id, time, webhook and the CRC32 in decimals: `{}` has 2745614147."""
    assert zlib.crc32(b"{}") == 2_745_614_147
    assert certificates.sign("a", "b", "c", b"{}") == evolve(certificates).sign("a", "b", "c", b"{}")
