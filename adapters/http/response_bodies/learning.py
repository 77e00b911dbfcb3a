"""Bodies about lessons, certificates and interest in courses."""

from __future__ import annotations

from typing import TypedDict

from adapters.http.field_types import CertificateNumber, Email, Id, Timestamp, Url


class LessonContent(TypedDict):
    """Where a lesson can be seen. Without ``expiresAt`` the address does not expire."""

    url: Url
    expiresAt: Timestamp | None


class Certificate(TypedDict):
    """That a student completed a course, with the names at the time of issue."""

    number: CertificateNumber
    studentName: str
    courseId: Id
    courseName: str
    completedAt: Timestamp
    issuedAt: Timestamp


class InterestKept(TypedDict):
    """The address is kept, whether or not it was known before."""

    kept: bool


class Interest(TypedDict):
    """Somebody who asked to be notified when a course opens."""

    email: Email
    createdAt: Timestamp
