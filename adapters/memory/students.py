"""Students, in a dictionary."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrs import evolve, frozen

from adapters.memory.store import Store
from domain.errors import StudentNotFound
from domain.ports.students import StudentRepo
from domain.students import Student

MOST_FOUND = 25


@frozen
class MemoryStudentRepo(StudentRepo):
    """Reads and keeps students in the store."""

    store: Store

    def find(self, user_id: str) -> Student | None:
        """The student, None when never seen."""
        return self.store.students.get(user_id)

    def find_many(self, user_ids: Collection[str]) -> Mapping[str, Student]:
        """Those of these students who are known."""
        with self.store.lock:
            return {user_id: found for user_id in user_ids if (found := self.store.students.get(user_id))}

    def by_email(self, email: str) -> tuple[Student, ...]:
        """Those who have this e-mail address."""
        with self.store.lock:
            found = [one for one in self.store.students.values() if one.email and one.email in {email, email.lower()}]
        return tuple(sorted(found, key=lambda one: one.user_id)[:MOST_FOUND])

    def add(self, student: Student) -> Student:
        """Keep a student seen for the first time; else the one who is there."""
        with self.store.lock:
            return self.store.students.setdefault(student.user_id, student)

    def complete(self, student: Student) -> Student:
        """Store the e-mail address, and whatever the record lacks."""
        with self.store.lock:
            known = self.store.students.get(student.user_id)
            if known is None:
                return self.store.students.setdefault(student.user_id, student)
            completed = evolve(
                known,
                email=student.email,
                email_verified=student.email_verified,
                name=known.name or student.name,
                updated_at=student.updated_at,
            )
            self.store.students[student.user_id] = completed
            return completed

    def rename(self, student: Student) -> None:
        """Keep the student's name and nothing else of them."""
        with self.store.lock:
            known = self.store.students.get(student.user_id)
            if known is None:
                raise StudentNotFound
            renamed = evolve(known, name=student.name, updated_at=student.updated_at)
            self.store.students[student.user_id] = renamed
