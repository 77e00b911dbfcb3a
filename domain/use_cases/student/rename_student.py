"""A student changes their name."""

from __future__ import annotations

from attrs import frozen

from domain.ports.clock import Clock
from domain.ports.students import StudentRepo
from domain.students import Identity, NewName, Student


@frozen(kw_only=True)
class RenameStudent:
    """Keeps the name a student gives themselves."""

    students: StudentRepo
    clock: Clock

    def __call__(self, identity: Identity, new_name: NewName) -> Student:
        """The student under the new name."""
        now = self.clock.now()
        known = self.students.find(identity.user_id) or self.students.add(identity.as_student(now))
        renamed = new_name.given_to(known, now)
        self.students.rename(renamed)
        return renamed
