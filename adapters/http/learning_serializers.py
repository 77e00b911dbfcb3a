"""From lessons, certificates and interest to the bodies of responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.http.serializers import present
from adapters.timestamps import iso
from domain.certificates import Certificate
from domain.interest import Interest
from domain.ports.lesson_content import LessonContent

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies


def lesson_content_body(content: LessonContent) -> bodies.LessonContent:
    """Where a lesson can be seen."""
    body: bodies.LessonContent = {
        "url": content.url,
        "expiresAt": iso(content.expires_at) if content.expires_at else None,
    }
    return present(body)


def certificate_body(certificate: Certificate) -> bodies.Certificate:
    """What a certificate says; whose account it is stays out of it."""
    return {
        "number": certificate.number,
        "studentName": certificate.student_name,
        "courseId": certificate.course_id,
        "courseName": certificate.course_name,
        "completedAt": iso(certificate.completed_at),
        "issuedAt": iso(certificate.issued_at),
    }


def interest_body(interest: Interest) -> bodies.Interest:
    """Who asked, and when."""
    return {"email": interest.email, "createdAt": iso(interest.at)}
