"""The caller as a student: found, created when first seen, or completed from the sign-in."""

from __future__ import annotations

from attrs import frozen

from domain.ports.clock import Clock
from domain.ports.students import StudentRepo
from domain.students import Identity, Student


@frozen(kw_only=True)
class GetOrCreateStudent:
    """Finds the caller's record, creates it the first time, and keeps it up to date with what the sign-in proves."""

    students: StudentRepo
    clock: Clock

    def __call__(self, identity: Identity, known: Student | None = None) -> Student:
        """The caller as a student. ``known`` is their record, where it was read already."""
        student = known or self.students.find(identity.user_id)
        if student is None:
            return self.students.add(identity.as_student(self.clock.now()))
        completed = student.completed_by(identity, self.clock.now())
        return student if completed is student else self.students.complete(completed)
