"""Certificates, in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.certificates import Certificate
from domain.ports.certificates import CertificateRepo


@frozen
class MemoryCertificateRepo(CertificateRepo):
    """Keeps certificates in the store."""

    store: Store

    def of_enrollment(self, user_id: str, course_id: str) -> Certificate | None:
        """The student's certificate of the course, if one was issued."""
        return self.store.certificates.get((user_id, course_id))

    def find(self, number: str) -> Certificate | None:
        """The certificate of this number."""
        with self.store.lock:
            return next((each for each in self.store.certificates.values() if each.number == number), None)

    def remove(self, user_id: str, course_id: str) -> None:
        """Delete the student's certificate of the course."""
        with self.store.lock:
            self.store.certificates.pop((user_id, course_id), None)

    def add(self, certificate: Certificate) -> Certificate:
        """Keep a certificate; where there is one already, that one is returned."""
        with self.store.lock:
            return self.store.certificates.setdefault((certificate.user_id, certificate.course_id), certificate)
