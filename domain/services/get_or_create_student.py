"""A person signs in and is known."""

from __future__ import annotations

from attrs import frozen

from domain.ports.clock import Clock
from domain.ports.students import StudentRepo
from domain.students import Identity, Student


@frozen(kw_only=True)
class GetOrCreateStudent:
    """Finds the caller's record, and makes it the first time they are seen."""

    students: StudentRepo
    clock: Clock

    def __call__(self, identity: Identity) -> Student:
        """The caller as a student."""
        return self.students.find(identity.user_id) or self.students.add(identity.as_student(self.clock.now()))
