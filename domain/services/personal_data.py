"""Where the records about one student are besides their payments: certificates, and interest in announced courses."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from domain.certificates import Certificate
from domain.courses import Course
from domain.interest import normal_email
from domain.paging import every_entry
from domain.ports.certificates import CertificateRepo
from domain.ports.courses import CourseRepo
from domain.ports.interest import InterestRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.student_histories import StudentHistory
from domain.seats import SeatClaim
from domain.students import Student

_PAGE = 100


@frozen(kw_only=True)
class PersonalData:
    """Finds and removes what is kept about a student besides their record, enrollments and payments."""

    certificates: CertificateRepo
    claims: SeatClaimRepo
    courses: CourseRepo
    interest: InterestRepo

    def certificates_of(self, history: StudentHistory, user_id: str) -> tuple[Certificate, ...]:
        """The certificates of every course that the student is or was enrolled in."""
        course_ids = {
            *(one.course_id for one in history.enrollments),
            *(one.enrollment.course_id for one in history.ended),
        }
        found = (self.certificates.of_enrollment(user_id, course_id) for course_id in sorted(course_ids))
        return tuple(one for one in found if one is not None)

    def interest_of(self, student: Student | None) -> tuple[str, ...]:
        """The ids of the courses whose opening the student's address asked to be notified of.

        Only an address that the student has confirmed is theirs.
        """
        if student is None or not student.email_verified or not student.email:
            return ()
        email = normal_email(student.email)
        return tuple(course.course_id for course in self._courses() if self.interest.has(course.course_id, email))

    def claims_of(self, user_id: str) -> tuple[SeatClaim, ...]:
        """Where the student waits for a seat, or has one held."""
        limited = (course for course in self._courses() if course.capacity is not None)
        found = (self.claims.find(course.course_id, user_id) for course in limited)
        return tuple(claim for claim in found if claim is not None)

    def remove(self, certificates: tuple[Certificate, ...], student: Student | None) -> None:
        """Delete the certificates, and the student's address where it asked to be notified. Safe to repeat."""
        for one in certificates:
            self.certificates.remove(one.user_id, one.course_id)
        for course_id in self.interest_of(student):
            self.interest.remove(course_id, normal_email(student.email if student else ""))

    def _courses(self) -> Iterator[Course]:
        return every_entry(lambda cursor: self.courses.page(limit=_PAGE, cursor=cursor))
