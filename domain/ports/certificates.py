"""Certificates that were issued."""

from __future__ import annotations

from typing import Protocol

from domain.certificates import Certificate


class CertificateRepo(Protocol):
    """Keeps and reads certificates. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def of_enrollment(self, user_id: str, course_id: str) -> Certificate | None:
        """The student's certificate of the course, if one was issued."""
        ...

    def find(self, number: str) -> Certificate | None:
        """The certificate of this number. May lag behind the last write."""
        ...

    def remove(self, user_id: str, course_id: str) -> None:
        """Delete the student's certificate of the course; nothing happens where there is none."""
        ...

    def add(self, certificate: Certificate) -> Certificate:
        """Keep a certificate. Where the student has one of this course already, that one stays and is returned."""
        ...
