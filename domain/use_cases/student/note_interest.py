"""A student wants to be told when a course opens, or no longer does."""

from __future__ import annotations

from attrs import frozen

from domain.courses import Interest
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.interests import InterestRepo
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.students import Identity


@frozen(kw_only=True)
class NoteInterest:
    """Keeps or forgets that a student is interested in a course."""

    courses: CourseRepo
    get_or_create_student: GetOrCreateStudent
    interests: InterestRepo
    clock: Clock

    def __call__(self, identity: Identity, course_id: str, *, interested: bool) -> Interest | None:
        """The interest as it is then, None where there is none. Repeating it changes nothing more.

        Raises:
            CourseNotFound: there is no such course.
        """
        course = self.courses.get(course_id)
        if not interested:
            self.interests.remove(identity.user_id, course.course_id)
            return None
        student = self.get_or_create_student(identity)
        return self.interests.add(Interest(user_id=student.user_id, course_id=course.course_id, since=self.clock.now()))
