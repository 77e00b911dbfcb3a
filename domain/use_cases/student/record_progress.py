"""A student gets on in a course."""

from __future__ import annotations

from attrs import frozen

from domain.enrollments import Enrollment, ProgressStep
from domain.errors import EnrollmentNotFound
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import EnrollmentConflict, TransactionConflict
from domain.transactions.writes import AdvanceEnrollment

ATTEMPTS = 4


@frozen(kw_only=True)
class RecordProgress:
    """Keeps how far a student has come. Progress never falls; completing happens once."""

    enrollments: EnrollmentRepo
    unit_of_work: UnitOfWork
    clock: Clock

    def __call__(self, user_id: str, course_id: str, step: ProgressStep) -> Enrollment:
        """The enrollment after the step.

        Raises:
            EnrollmentNotFound: the student is not in the course.
            TransactionConflict: others kept changing it; try again.
        """
        found = self.enrollments.find(user_id, course_id)
        for attempt in attempts(ATTEMPTS):
            if found is None:
                raise EnrollmentNotFound
            after = found.advanced(step, self.clock.now())
            try:
                self.unit_of_work.commit((AdvanceEnrollment(found, after),))
            except TransactionConflict as conflict:
                match conflict.first:
                    case EnrollmentConflict(enrollment=moved) if not attempt.is_last:
                        found = moved
                    case _:
                        raise
            else:
                return after
        raise AssertionError("unreachable: the last attempt returns or raises")
