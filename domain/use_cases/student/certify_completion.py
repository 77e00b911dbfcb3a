"""A student who completed a course gets a certificate, and anybody can verify it."""

from __future__ import annotations

from attrs import frozen

from domain.certificates import Certificate, is_number
from domain.errors import CertificateNotFound, CourseNotCompleted, EnrollmentNotFound, NameMissing
from domain.ports.certificates import CertificateRepo
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.identifiers import IdGenerator
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.students import Identity


@frozen(kw_only=True)
class IssueCertificate:
    """Issues one certificate for each completed enrollment. Repeating it gives the same one."""

    enrollments: EnrollmentRepo
    courses: CourseRepo
    certificates: CertificateRepo
    get_or_create_student: GetOrCreateStudent
    ids: IdGenerator
    clock: Clock

    def __call__(self, identity: Identity, course_id: str) -> Certificate:
        """The caller's certificate of the course.

        Raises:
            EnrollmentNotFound: the caller is not enrolled in the course.
            CourseNotCompleted: not all of it is done.
            NameMissing: nobody has said the student's name, and what is issued stays as it is.
            CourseNotFound: the course is no longer offered, and no certificate was issued while it was.
            StorageUnavailable: the database does not answer.
        """
        enrollment = self.enrollments.find(identity.user_id, course_id)
        if enrollment is None:
            raise EnrollmentNotFound
        if not enrollment.completed:
            raise CourseNotCompleted
        known = self.certificates.of_enrollment(identity.user_id, course_id)
        if known is not None:
            return known
        name, now = self.get_or_create_student(identity).name.strip(), self.clock.now()
        if not name:
            raise NameMissing
        return self.certificates.add(
            Certificate(
                number=self.ids.certificate_number(),
                user_id=identity.user_id,
                course_id=course_id,
                student_name=name,
                course_name=self.courses.get(course_id).name,
                completed_at=enrollment.completed_at or now,
                issued_at=now,
            )
        )


@frozen(kw_only=True)
class VerifyCertificate:
    """Shows anybody who has its number what a certificate says, as long as it holds."""

    certificates: CertificateRepo
    enrollments: EnrollmentRepo

    def __call__(self, number: str) -> Certificate:
        """The certificate.

        Raises:
            CertificateNotFound: there is none of this number, or its enrollment has ended since.
            StorageUnavailable: the database does not answer.
        """
        found = self.certificates.find(number) if is_number(number) else None
        if found is None or self.enrollments.find(found.user_id, found.course_id) is None:
            raise CertificateNotFound
        return found
