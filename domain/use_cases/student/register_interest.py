"""Somebody, signed in or not, asks to be notified when a course opens."""

from __future__ import annotations

from attrs import frozen

from domain.errors import CourseIsOpen
from domain.interest import Interest, normal_email
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.interest import InterestRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import IncrementRateLimit

PER_ADDRESS = 6
"""E-mail addresses that one network address may leave in a minute."""


@frozen(kw_only=True)
class RegisterInterest:
    """Keeps the e-mail address. Nobody learns whether it was known before."""

    courses: CourseRepo
    interest: InterestRepo
    unit_of_work: UnitOfWork
    clock: Clock

    def __call__(self, course_id: str, email: str, address: str) -> None:
        """Keep the address for the course. ``address`` is where the request comes from, as a subject of rate limits.

        Raises:
            CourseNotFound: there is no such course.
            CourseIsOpen: one can enroll in it.
            InvalidValue: the text is no e-mail address.
            RateLimited: too many from there in this minute.
            StorageUnavailable: the database does not answer.
        """
        now = self.clock.now()
        interest = Interest(course_id=course_id, email=normal_email(email), at=now)
        if not self.courses.get(course_id).coming_soon:
            raise CourseIsOpen
        attempt = IncrementRateLimit(address, "interest", PER_ADDRESS, now, f"{course_id} {interest.email}")
        try:
            self.unit_of_work.commit((attempt,))
        except TransactionConflict as conflict:
            raise conflict.first from None
        self.interest.add(interest)
