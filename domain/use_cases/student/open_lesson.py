"""A student opens a lesson."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from domain.errors import EnrollmentNotFound, LessonNotFound
from domain.lessons import lessons_of
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.lesson_content import LessonContent, LessonLibrary

LIFETIME = timedelta(hours=4)
"""How long the address of a lesson is good: a long lesson with a break, and no more after access has ended."""


@frozen(kw_only=True)
class OpenLesson:
    """Gives the address of a lesson to whoever is enrolled in its course, and to nobody else."""

    enrollments: EnrollmentRepo
    courses: CourseRepo
    library: LessonLibrary
    clock: Clock

    def __call__(self, user_id: str, course_id: str, lesson_id: str) -> LessonContent:
        """The address of the lesson.

        Raises:
            EnrollmentNotFound: the student is not enrolled in the course, or not any more.
            CourseNotFound, LessonNotFound: there is no such lesson, or it has no content here.
            Unavailable: something does not answer; trying again helps.
        """
        if self.enrollments.find(user_id, course_id) is None:
            raise EnrollmentNotFound
        course = self.courses.get(course_id)
        if all(lesson.lesson_id != lesson_id for lesson in lessons_of(course)):
            raise LessonNotFound
        content = self.library.content(course_id, lesson_id, self.clock.now() + LIFETIME)
        if content is None:
            raise LessonNotFound
        return content
